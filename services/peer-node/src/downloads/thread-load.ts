import { type EventLoopUtilization, performance } from 'node:perf_hooks';

/** How long a thread is watched before it is judged anew, in milliseconds. */
export const LOAD_WINDOW_MS = 200;
/** A thread that does something for this share of its time has little to spare, nor have the processors where they are few. */
export const BUSY_SHARE = 0.5;

/** How much this thread has to do. */
export class ThreadLoad {
  private wasBusy = true;
  private since: EventLoopUtilization;

  /** @param utilization what its event loop did until now */
  constructor(private readonly utilization: () => EventLoopUtilization = () => performance.eventLoopUtilization()) {
    this.since = utilization();
  }

  /** Whether it was busy lately; true before that is known. Asked now and then: the time between two questions is what is judged. */
  get isBusy(): boolean {
    const now = this.utilization();
    const [active, idle] = [now.active - this.since.active, now.idle - this.since.idle];
    if (active + idle >= LOAD_WINDOW_MS) {
      this.since = now;
      this.wasBusy = active >= BUSY_SHARE * (active + idle);
    }
    return this.wasBusy;
  }
}
