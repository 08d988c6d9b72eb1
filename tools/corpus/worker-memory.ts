import { readFileSync } from 'node:fs';

/** How often memory is looked at, in milliseconds; peaks between two looks are in the numbers of the system. */
const LOOK_INTERVAL_MS = 200;

/** The most memory that a pdf-worker and its child processes held, in bytes; undefined where the system does not tell (no /proc). */
export class WorkerMemory {
  service: number | undefined;
  largestChild: number | undefined;
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly pid: number) {
    this.timer = setInterval(() => this.look(), LOOK_INTERVAL_MS);
    this.look();
  }

  stop(): void {
    this.look();
    clearInterval(this.timer);
  }

  private look(): void {
    this.service = larger(this.service, peakBytes(this.pid));
    for (const child of childrenOf(this.pid)) this.largestChild = larger(this.largestChild, peakBytes(child));
  }
}

function larger(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

function peakBytes(pid: number): number | undefined {
  try {
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    return peak === undefined ? undefined : Number(peak) * 1_024;
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
