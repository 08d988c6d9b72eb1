import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@pageswarm/primitives';
import { JobWatch } from './job-watch.ts';
import { JOB_TIME_CAP_FACTOR } from './limits.ts';

describe('the watch over the time of a job', () => {
  it('is overdue after the limit without progress, not before', () => {
    const clock = new ManualClock();
    const watch = new JobWatch(clock, 1_000);
    clock.advance(1_000);
    expect(watch.overdue()).toBeUndefined();
    clock.advance(1);
    expect(watch.overdue()).toBe('no progress within 1000 ms');
  });

  it('starts again with every sign of progress', () => {
    const clock = new ManualClock();
    const watch = new JobWatch(clock, 1_000);
    for (let step = 0; step < 10; step++) {
      clock.advance(900);
      watch.progress();
    }
    expect(watch.overdue()).toBeUndefined();
  });

  it('ends a job that shows progress for ever', () => {
    const clock = new ManualClock();
    const watch = new JobWatch(clock, 1_000);
    let steps = 0;
    while (watch.overdue() === undefined && steps < 100) {
      clock.advance(900);
      watch.progress();
      steps++;
    }
    expect(watch.overdue()).toBe(`not done within ${1_000 * JOB_TIME_CAP_FACTOR} ms of work`);
    expect(steps).toBe(Math.floor((1_000 * JOB_TIME_CAP_FACTOR) / 900) + 1);
  });

  it('stands still while the job waits for bytes', () => {
    const clock = new ManualClock();
    const watch = new JobWatch(clock, 1_000);
    clock.advance(600);
    watch.pause();
    clock.advance(60_000);
    watch.resume();
    clock.advance(400);
    expect(watch.overdue()).toBeUndefined();
    clock.advance(1);
    expect(watch.overdue()).toBeDefined();
  });
});
