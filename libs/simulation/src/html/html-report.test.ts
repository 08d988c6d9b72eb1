import { describe, expect, it } from '@jest/globals';
import type { NodeScenario } from '../scenario.ts';
import { simulate } from '../simulate.ts';
import type { SimulationResult } from '../simulation-result.ts';
import { formatHtml } from './html-report.ts';
import { ticks } from './plane.ts';

const MIB = 2 ** 20;
const source: NodeScenario = { name: 'source <1>', has: 1, up: 4 * MIB, down: 4 * MIB, latencyMs: 5 };
const peer: NodeScenario = { name: 'peer', has: 0, up: 4 * MIB, down: 40 * MIB, latencyMs: 5 };

function run(count: number, more: Partial<NodeScenario> = {}): SimulationResult {
  return simulate(
    {
      name: 'small & quick',
      document: { size: MIB, pages: 10 },
      nodes: [
        { ...source, ...more },
        { ...peer, count },
      ],
    },
    1,
  );
}

/** Tags that are open at the end, or closed without having been opened. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, closing, name] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)[^>]*>/g)) {
    if (name === 'meta') continue;
    if (!closing) open.push(name as string);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

const pictureOf = (html: string, id: string) => new RegExp(`<svg [^>]*aria-labelledby="${id}-title[\\s\\S]*?</svg>`).exec(html)?.[0] ?? '';
const rectsOf = (svg: string) => [...svg.matchAll(/<rect ([^>]*)>/g)].map(([, attributes]) => attributes as string);
const numberOf = (attributes: string, name: string) => Number(new RegExp(`(?:^| )${name}="([^"]*)"`).exec(attributes)?.[1]);

describe('the HTML page of a simulation', () => {
  const result = run(4);
  const html = formatHtml(result);

  it('is one whole page that asks for nothing from elsewhere', () => {
    expect(unbalanced(html)).toEqual([]);
    expect(html).not.toMatch(/<(script|link|img|iframe)|https?:|url\(|@import/);
    expect(html).toContain('prefers-color-scheme: dark');
  });

  it('takes names for text and not for markup', () => {
    expect(html).not.toContain('<1>');
    expect(html).toContain('small &#38; quick');
    expect(html).toContain('source &#60;1&#62;');
  });

  it('says in words what each picture shows', () => {
    for (const id of ['completion', 'sent', 'matrix', 'pages']) {
      const svg = pictureOf(html, id);
      expect(svg).toMatch(new RegExp(`role="img" aria-labelledby="${id}-title ${id}-about"`));
      expect(svg).toMatch(new RegExp(`<title id="${id}-title">[^<]+</title><desc id="${id}-about">[^<]+</desc>`));
    }
    expect(pictureOf(html, 'completion')).toContain('4 of 4 downloads were complete');
  });

  it('draws completion times from nothing to everything, in steps, beside the bound', () => {
    const svg = pictureOf(html, 'completion');
    const heights = [...(/<path d="([^"]+)"/.exec(svg)?.[1]?.matchAll(/V([\d.]+)/g) ?? [])].map(([, y]) => Number(y));
    expect(heights).toHaveLength(4);
    expect([...heights].sort((a, b) => b - a)).toEqual(heights);
    // The last step reaches the top of the plot, where 100 % is.
    expect(heights.at(-1)).toBe(12);
    expect(svg).toContain(`bound ${(result.boundMs / 1_000).toFixed(2)} s`);
  });

  it('stacks what each received by sender, as long as the bytes say and without overlap', () => {
    const bars = new Map<number, { from: number; to: number }[]>();
    for (const rect of rectsOf(pictureOf(html, 'sent')).filter((attributes) => numberOf(attributes, 'height') === 16)) {
      const part = { from: numberOf(rect, 'x'), to: numberOf(rect, 'x') + numberOf(rect, 'width') };
      bars.set(numberOf(rect, 'y'), [...(bars.get(numberOf(rect, 'y')) ?? []), part]);
    }
    expect(bars.size).toBe(4);
    for (const parts of bars.values()) {
      for (const [place, part] of parts.entries()) expect(part.from).toBeCloseTo(parts[place - 1]?.to ?? 130, 0);
      expect(parts.at(-1)?.to).toBeGreaterThan(700);
      expect(parts.at(-1)?.to).toBeLessThanOrEqual(800.2);
    }
  });

  it('has a square for each sender and receiver, and a line of pages for each download', () => {
    expect(rectsOf(pictureOf(html, 'matrix'))).toHaveLength(result.nodes.length * 4);
    expect(pictureOf(html, 'pages').match(/<path /g)).toHaveLength(4);
    expect(pictureOf(html, 'pages')).toContain('all 4 downloads');
  });

  it('draws large swarms by kinds of nodes', () => {
    const large = formatHtml(run(45));
    expect(pictureOf(large, 'matrix')).toContain('peer to peer:');
    expect(pictureOf(large, 'matrix')).not.toContain('peer-7 to');
    expect(large).toContain('... and 6 more.');
  });

  it('says so when there is nothing to draw', () => {
    const nothing = formatHtml(run(1, { manner: 'silent' }));
    expect(nothing).toContain('No download was complete.');
    expect(nothing).toContain('Nobody sent anything.');
    expect(nothing).toContain('NO_HOSTS');
  });
});

describe('the ticks of an axis', () => {
  it('are round numbers from zero that end within the axis', () => {
    expect(ticks(10, 5)).toEqual([0, 2, 4, 6, 8, 10]);
    expect(ticks(12.5, 8)).toEqual([0, 2, 4, 6, 8, 10, 12]);
    expect(ticks(0, 5)).toEqual([0]);
  });
});
