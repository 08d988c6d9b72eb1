import type { SimulationResult } from '../simulation-result.ts';
import { Plane } from './plane.ts';
import { picture } from './svg.ts';

const WIDTH = 900;
const HEIGHT = 320;

/** How many of the downloads were complete after which time. Undefined if none was. */
export function completionChart(result: SimulationResult): string | undefined {
  const downloads = result.nodes.filter((node) => node.downloads);
  const times = downloads.flatMap(({ tookMs }) => (tookMs === undefined ? [] : [tookMs / 1_000])).sort((a, b) => a - b);
  const last = times.at(-1);
  if (last === undefined) return undefined;
  const bound = result.boundMs / 1_000;
  const plane = new Plane(
    WIDTH,
    HEIGHT,
    { most: Math.max(last, bound) * 1.05, label: 'seconds since a download began', words: String },
    { most: 100, label: 'downloads complete', words: (value) => `${value} %` },
  );
  const points: [number, number][] = [
    [0, 0],
    ...times.map((time, place): [number, number] => [time, ((place + 1) * 100) / downloads.length]),
  ];
  return picture(
    {
      ...{ id: 'completion', title: 'Completion times', width: WIDTH, height: HEIGHT },
      about: `${times.length} of ${downloads.length} downloads were complete, the first after ${times[0]?.toFixed(2)} s, the last after ${last.toFixed(2)} s; the fluid bound is ${bound.toFixed(2)} s.`,
    },
    plane.axes(),
    bound > 0 ? plane.mark(bound, `bound ${bound.toFixed(2)} s`) : '',
    plane.steps(points, { stroke: 'var(--c0)', 'stroke-width': 2.5 }),
  );
}
