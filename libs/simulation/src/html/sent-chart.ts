import { mebibytes } from '../report.ts';
import type { NodeResult, SimulationResult } from '../simulation-result.ts';
import { COLOURS, colourOf } from './colours.ts';
import { element, escaped, picture, text } from './svg.ts';

/** The most bars and cells of one direction; swarms beyond that are drawn by kinds of nodes. */
const MAX_BARS = 40;
const WIDTH = 900;
const BAR = 16;
const GAP = 4;
const LEFT = 130;
const RIGHT = 100;
const LETTER_PX = 7;

interface Flows {
  readonly senders: readonly string[];
  readonly receivers: readonly string[];
  /** Bytes, `[receiver][sender]`. */
  readonly bytes: readonly (readonly number[])[];
}

/** A bar for each receiver, stacked by senders. Undefined if nothing was sent. */
export function sentBars(result: SimulationResult): string | undefined {
  const flows = flowsOf(result, COLOURS.length);
  if (!flows) return undefined;
  const { senders, receivers, bytes } = flows;
  const most = Math.max(...bytes.map(sum));
  const perByte = (WIDTH - LEFT - RIGHT) / most;
  const legend = legendOf(senders);
  const height = legend.height + receivers.length * (BAR + GAP) + GAP;
  const bars = receivers.map((receiver, row) => {
    const y = legend.height + row * (BAR + GAP);
    let x = LEFT;
    const parts = senders.map((sender, column) => {
      const amount = bytes[row]?.[column] ?? 0;
      const width = amount * perByte;
      x += width;
      const words = `${sender} to ${receiver}: ${mebibytes(amount)}`;
      return amount === 0
        ? ''
        : element('rect', { x: x - width, y, width, height: BAR, fill: colourOf(column) }, element('title', {}, escaped(words)));
    });
    return [
      text(LEFT - 8, y + BAR - 4, shortened(receiver), { 'text-anchor': 'end' }),
      ...parts,
      text(x + 6, y + BAR - 4, mebibytes(sum(bytes[row] ?? []))),
    ].join('');
  });
  const about = `What each of ${receivers.length} received, by sender: ${senders.join(', ')}.`;
  return picture({ id: 'sent', title: 'Who received what from whom', about, width: WIDTH, height }, legend.markup, ...bars);
}

/** A square for each pair, the darker the more was sent. Undefined if nothing was sent. */
export function sentMatrix(result: SimulationResult): string | undefined {
  const flows = flowsOf(result, MAX_BARS);
  if (!flows) return undefined;
  const { senders, receivers, bytes } = flows;
  const cell = Math.min(24, (WIDTH - LEFT - RIGHT) / senders.length);
  const top = 20 + LETTER_PX * Math.max(...senders.map((name) => shortened(name).length));
  const most = Math.max(...bytes.flat());
  const columns = senders.map((name, column) =>
    element('text', { transform: `translate(${LEFT + (column + 0.5) * cell + 4} ${top - 6}) rotate(-90)` }, escaped(shortened(name))),
  );
  const rows = receivers.map((name, row) => {
    const y = top + row * cell;
    const cells = senders.map((sender, column) => {
      const amount = bytes[row]?.[column] ?? 0;
      const words = `${sender} to ${name}: ${mebibytes(amount)}`;
      const fill = { fill: 'var(--c0)', 'fill-opacity': amount === 0 ? 0.04 : 0.15 + (0.85 * amount) / most };
      return element(
        'rect',
        { x: LEFT + column * cell, y, width: cell - 1, height: cell - 1, ...fill },
        element('title', {}, escaped(words)),
      );
    });
    return [text(LEFT - 8, y + cell / 2 + 4, shortened(name), { 'text-anchor': 'end' }), ...cells].join('');
  });
  const about = `Columns are senders, rows are receivers; the darkest square stands for ${mebibytes(most)}.`;
  const size = { width: WIDTH, height: top + receivers.length * cell + 4 };
  return picture({ id: 'matrix', title: 'Senders and receivers', about, ...size }, ...columns, ...rows);
}

function flowsOf({ nodes, sent }: SimulationResult, mostSenders: number): Flows | undefined {
  const from = groupsOf(nodes, new Set(sent.map((flow) => flow.from)), mostSenders);
  const to = groupsOf(nodes, new Set(sent.map((flow) => flow.to)), MAX_BARS);
  if (from.names.length === 0) return undefined;
  const bytes = to.names.map(() => from.names.map(() => 0));
  for (const flow of sent) {
    const row = bytes[to.placeOf.get(flow.to) as number] as number[];
    const column = from.placeOf.get(flow.from) as number;
    row[column] = (row[column] as number) + flow.bytes;
  }
  return { senders: from.names, receivers: to.names, bytes };
}

/** Each node by itself, or by kinds when there are too many. */
function groupsOf(
  nodes: readonly NodeResult[],
  taking: ReadonlySet<number>,
  most: number,
): { names: string[]; placeOf: Map<number, number> } {
  const names: string[] = [];
  const placeOf = new Map<number, number>();
  const nameOf = (node: NodeResult) => (taking.size > most ? node.kind : node.name);
  for (const [index, node] of nodes.entries()) {
    if (!taking.has(index)) continue;
    if (!names.includes(nameOf(node))) names.push(nameOf(node));
    placeOf.set(index, names.indexOf(nameOf(node)));
  }
  return { names, placeOf };
}

function legendOf(names: readonly string[]): { markup: string; height: number } {
  let x = LEFT;
  let row = 0;
  const entries = names.map((name, place) => {
    const width = 26 + LETTER_PX * shortened(name).length;
    if (x + width > WIDTH) {
      x = LEFT;
      row++;
    }
    const y = 4 + row * 20;
    const markup = element('rect', { x, y, width: 12, height: 12, fill: colourOf(place) }) + text(x + 17, y + 11, shortened(name));
    x += width;
    return markup;
  });
  return { markup: entries.join(''), height: 30 + row * 20 };
}

/** Names longer than the room beside a bar lose their middle. */
function shortened(name: string): string {
  return name.length <= 16 ? name : `${name.slice(0, 8)}…${name.slice(-7)}`;
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}
