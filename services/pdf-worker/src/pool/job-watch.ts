import type { Clock } from '@pageswarm/primitives';
import { JOB_TIME_CAP_FACTOR } from './limits.ts';

/**
 * How long a job has computed: since its last progress, and in all. Time during which the child waits for bytes of the
 * document is not its own and does not count.
 */
export class JobWatch {
  private sinceProgress = 0;
  private total = 0;
  private running: number | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
  ) {
    this.running = clock.monotonic();
  }

  /** The child waits for bytes from now on. */
  pause(): void {
    this.account();
    this.running = undefined;
  }

  /** The child has its bytes. */
  resume(): void {
    this.running = this.clock.monotonic();
  }

  progress(): void {
    this.account();
    this.sinceProgress = 0;
  }

  /** Which limit has been passed, as a sentence for people; undefined while there is none. */
  overdue(): string | undefined {
    this.account();
    if (this.sinceProgress > this.timeoutMs) return `no progress within ${this.timeoutMs} ms`;
    const cap = this.timeoutMs * JOB_TIME_CAP_FACTOR;
    return this.total > cap ? `not done within ${cap} ms of work` : undefined;
  }

  private account(): void {
    if (this.running === undefined) return;
    const now = this.clock.monotonic();
    this.sinceProgress += now - this.running;
    this.total += now - this.running;
    this.running = now;
  }
}
