import { describe, expect, it } from '@jest/globals';
import { StepWatch, waitOf } from './step-watch.ts';

describe('what others wait for', () => {
  it('is the rest of the step that goes on when they come', () => {
    // Of a hundred moments fifty fall into the step, and ten of them into its first ten.
    expect(waitOf([50], 100, 0.9)).toBeCloseTo(40);
    expect(waitOf([50, 0, 0], 100, 0.5)).toBeCloseTo(0);
    expect(waitOf([5, 3, 3], 100, 0.99)).toBeCloseTo(4);
    expect(waitOf([1, 1], 1_000, 0.99)).toBeCloseTo(0);
    expect(waitOf([], 100, 0.99)).toBe(0);
  });

  it('is measured by the work of this process, and not by the time in which it rests', async () => {
    const watch = new StepWatch();
    await new Promise((resolve) => setTimeout(resolve, 5));
    watch.take();
    for (const end = performance.now() + 40; performance.now() < end; );
    const busy = watch.take();
    await new Promise((resolve) => setTimeout(resolve, 60));
    const idle = watch.take();
    watch.stop();
    expect(busy.most).toBeGreaterThan(idle.most);
  });
});
