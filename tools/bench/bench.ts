import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, loadavg, totalmem } from 'node:os';
import { formatTable } from '../local-swarm/table.ts';

/** One line of a benchmark: what was measured, how often, and the middle of it. */
export interface Measurement {
  readonly what: string;
  readonly unit: string;
  /** Every run in the order of measuring. */
  readonly runs: readonly number[];
  readonly note?: string;
  /** What the middle should be. */
  readonly asked?: { readonly atLeast: number } | { readonly atMost: number };
}

export interface BenchOptions {
  /** How many documents a benchmark works with that can do with fewer. */
  readonly documents?: number;
}

/** A benchmark that can be asked for by name. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  /** @param tell is given one line for each round */
  run(tell: (line: string) => void, options?: BenchOptions): Promise<Measurement[]>;
}

/** The middle of a list of numbers; of an even count the mean of the two in the middle. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1] ?? Number.NaN;
  return (upper + lower) / 2;
}

/** What the numbers were measured on. */
export function machineLine(): string {
  const [first] = cpus();
  const load = loadavg()
    .map((value) => value.toFixed(1))
    .join(' ');
  return `${first?.model.trim() ?? 'unknown processor'} x ${cpus().length}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}, load ${load}`;
}

export function measurementTable(measurements: readonly Measurement[]): string {
  const hasGoal = measurements.some(({ asked }) => asked !== undefined);
  const rows = measurements.map(({ what, unit, runs, note, asked }) => [
    what,
    inDigits(median(runs)),
    unit,
    ...(hasGoal ? [asked ? verdict(asked, median(runs)) : ''] : []),
    runs.map(inDigits).join(' '),
    note ?? '',
  ]);
  return formatTable(['what', 'median', 'unit', ...(hasGoal ? ['asked'] : []), 'runs', ''], rows, ['median']);
}

function verdict(asked: NonNullable<Measurement['asked']>, found: number): string {
  const [sign, goal, isMet] =
    'atLeast' in asked ? ['>=', asked.atLeast, found >= asked.atLeast] : ['<=', asked.atMost, found <= asked.atMost];
  return `${sign} ${inDigits(goal)} ${isMet ? 'met' : 'MISSED'}`;
}

/** Ratios need more digits than amounts. */
function inDigits(number: number): string {
  return number.toFixed(Math.abs(number) < 10 ? 2 : 1);
}

/** Keeps the numbers of a run as `build/bench/<name>.json`. */
export async function saveMeasurements(name: string, machine: string, measurements: readonly Measurement[]): Promise<string> {
  const path = `build/bench/${name}.json`;
  await mkdir('build/bench', { recursive: true });
  const content = {
    name,
    machine,
    measuredAt: new Date().toISOString(),
    measurements: measurements.map((m) => ({ ...m, median: median(m.runs) })),
  };
  await writeFile(path, `${JSON.stringify(content, null, 2)}\n`);
  return path;
}
