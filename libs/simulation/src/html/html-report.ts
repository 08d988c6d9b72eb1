import { HEADINGS, MAX_ROWS, nodeRows, sums } from '../report.ts';
import type { SimulationResult } from '../simulation-result.ts';
import { COLOURS } from './colours.ts';
import { completionChart } from './completion-chart.ts';
import { pagesChart } from './pages-chart.ts';
import { sentBars, sentMatrix } from './sent-chart.ts';
import { escaped } from './svg.ts';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c1c1c; --paper: #fff; --faint: #d8d8d8; ${COLOURS.map((colour, place) => `--c${place}: ${colour};`).join(' ')} }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6e6; --paper: #16181c; --faint: #3a3d44; } }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
svg { max-width: 100%; height: auto; display: block; } svg text { fill: var(--ink); font-size: 12px; }
.grid { stroke: var(--faint); stroke-width: 1; } line.mark { stroke: var(--ink); stroke-dasharray: 4 3; } .label { font-weight: 600; }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 13px; }
th, td { text-align: left; padding: .2rem .7rem .2rem 0; border-bottom: 1px solid var(--faint); vertical-align: top; }
`;

/** One page with everything in it: works without a network, in light and dark, and says in words what its pictures show. */
export function formatHtml(result: SimulationResult): string {
  const left = result.nodes.length - MAX_ROWS;
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(result.scenario)} (seed ${result.seed})</title><style>${STYLE}</style></head><body><main>`,
    `<h1>${escaped(result.scenario)}</h1><p>Simulated with seed ${result.seed}.</p>`,
    table(['', ''], sums(result), true),
    section('Completion times', completionChart(result), 'No download was complete.'),
    section('Who sent what', both(sentBars(result), sentMatrix(result)), 'Nobody sent anything.'),
    section('Pages over time', pagesChart(result), 'No download got a page.'),
    `<h2>Nodes</h2>${table(HEADINGS, nodeRows(result))}${left > 0 ? `<p>... and ${left} more.</p>` : ''}`,
    '</main></body></html>',
    '',
  ].join('\n');
}

function both(bars: string | undefined, matrix: string | undefined): string | undefined {
  return bars && matrix && `${bars}<h3>Senders (columns) and receivers (rows)</h3>${matrix}`;
}

function section(heading: string, chart: string | undefined, otherwise: string): string {
  return `<section><h2>${heading}</h2>${chart ?? `<p>${otherwise}</p>`}</section>`;
}

function table(headings: readonly string[], rows: readonly (readonly string[])[], plain = false): string {
  const cells = (kind: 'th' | 'td', row: readonly string[]) => row.map((cell) => `<${kind}>${escaped(cell)}</${kind}>`).join('');
  const head = plain ? '' : `<thead><tr>${cells('th', headings)}</tr></thead>`;
  return `<div class="wide"><table>${head}<tbody>${rows.map((row) => `<tr>${cells('td', row)}</tr>`).join('')}</tbody></table></div>`;
}
