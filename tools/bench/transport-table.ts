import { type Measurement, median } from './bench.ts';

/** Gathers the runs of each line, and what some of them should be. */
export class TransportTable {
  private readonly lines = new Map<string, { unit: string; runs: number[]; note?: string }>();

  add(what: string, unit: string, run: number): void {
    const line = this.lines.get(what) ?? { unit, runs: [] };
    line.runs.push(run);
    this.lines.set(what, line);
  }

  /** The line should have a median of at least so much. */
  atLeast(what: string, least: number): void {
    this.judge(what, `at least ${least}`, (value) => value >= least);
  }

  /** The line should have a median of at most so much. */
  atMost(what: string, most: number): void {
    this.judge(what, `at most ${most}`, (value) => value <= most);
  }

  measurements(): Measurement[] {
    return [...this.lines].map(([what, line]) => ({ what, ...line }));
  }

  private judge(what: string, wanted: string, holds: (value: number) => boolean): void {
    const line = this.lines.get(what);
    if (!line) throw new Error(`Nothing was measured for "${what}"`);
    const value = median(line.runs);
    line.note = `${wanted}: ${holds(value) ? 'met' : 'MISSED (why: docs/performance.md)'}, ${value.toFixed(2)}`;
  }
}
