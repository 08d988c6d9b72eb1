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

  /** The same, and the end after so many milliseconds; a second time only the moment of the end changes. */
  begin(ms: number): void {
    this.close();
    this.logger.warn({ ms }, 'the tracker takes nothing in any more and will end');
    this.timer = setTimeout(this.end, ms);
  }
}
