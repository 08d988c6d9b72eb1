import type { SimulationResult } from '../simulation-result.ts';
import { colourOf } from './colours.ts';
import { Plane } from './plane.ts';
import { element, escaped, picture } from './svg.ts';

const WIDTH = 900;
const HEIGHT = 320;

/** Pages that could be shown over time, a line per download. Undefined if nothing was recorded. */
export function pagesChart(result: SimulationResult): string | undefined {
  const lines = result.nodes.flatMap(({ name, kind, pages }) => (pages && pages.length > 0 ? [{ name, kind, pages }] : []));
  if (lines.length === 0) return undefined;
  const lastMs = Math.max(...lines.map(({ pages }) => pages.at(-1)?.[0] ?? 0));
  const all = result.nodes.filter((node) => node.downloads).length;
  const plane = new Plane(
    WIDTH,
    HEIGHT,
    { most: (lastMs / 1_000) * 1.02, label: 'seconds', words: String },
    { most: result.pageCount, label: 'pages ready', words: String },
  );
  return picture(
    {
      ...{ id: 'pages', title: 'Pages over time', width: WIDTH, height: HEIGHT },
      about: `Pages that could be shown, of ${result.pageCount}, for ${lines.length === all ? 'all' : `${lines.length} of`} ${all} downloads.`,
    },
    plane.axes(),
    ...lines.map(({ name, pages }, place) =>
      plane.steps(
        pages.map(([atMs, ready]) => [atMs / 1_000, ready]),
        { stroke: colourOf(place), 'stroke-width': 1.5, 'stroke-opacity': lines.length > 8 ? 0.7 : 1 },
        element('title', {}, escaped(name)),
      ),
    ),
  );
}
