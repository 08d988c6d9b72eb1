import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@pageswarm/observability';
import type { Admission } from './admission.ts';

/** What ends a service: called once, some time after {@link Drain.begin}. */
export type End = () => void;

/**
 * Takes the tracker out of use before it ends: it is not ready any more and takes nothing in, while it still answers what
 * peers and clients ask, so that they find another one without a gap.
 */
export class Drain {
  private timer: NodeJS.Timeout | undefined;
  /** Of a drain that was ordered, by the clock of the process. */
  private endsAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly admission: Admission,
    private readonly leave: () => void,
    private readonly end: End,
    private readonly logger: Logger,
  ) {}

  get isRunning(): boolean {
    return this.admission.isDraining;
  }

  /** Nothing is taken in from now on. */
  close(): void {
    clearTimeout(this.timer);
    this.admission.isDraining = true;
    this.leave();
  }

  /** Takes nothing in any more, and resolves when those who ask have had so many milliseconds to notice, or the drain ends. */
  async finish(ms: number): Promise<void> {
    const left = Math.max(0, this.endsAt - performance.now());
    this.close();
    await sleep(Math.min(ms, left));
  }

  /** The same, and the end after so many milliseconds; a second time only the moment of the end changes. */
  begin(ms: number): void {
    this.close();
    this.logger.warn({ ms }, 'the tracker takes nothing in any more and will end');
    this.endsAt = performance.now() + ms;
    this.timer = setTimeout(this.end, ms);
  }
}
