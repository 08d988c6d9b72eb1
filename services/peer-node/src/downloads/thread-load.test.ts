import { describe, expect, it } from '@jest/globals';
import { BUSY_SHARE, LOAD_WINDOW_MS, ThreadLoad } from './thread-load.ts';

/** A thread of which the test says what it did. */
function thread(): { readonly load: ThreadLoad; readonly spend: (active: number, idle: number) => void } {
  const spent = { active: 1_000, idle: 50_000, utilization: 0 };
  return {
    load: new ThreadLoad(() => ({ ...spent })),
    spend: (active, idle) => {
      spent.active += active;
      spent.idle += idle;
    },
  };
}

describe('the load of a thread', () => {
  it('is taken for high until it is known', () => {
    const { load, spend } = thread();
    expect(load.isBusy).toBe(true);
    spend(0, LOAD_WINDOW_MS - 1);
    expect(load.isBusy).toBe(true);
    spend(0, 1);
    expect(load.isBusy).toBe(false);
  });

  it('is that of lately, and not of all its life', () => {
    const { load, spend } = thread();
    spend(0, 100 * LOAD_WINDOW_MS);
    expect(load.isBusy).toBe(false);
    spend(LOAD_WINDOW_MS, 0);
    expect(load.isBusy).toBe(true);
    spend(0, LOAD_WINDOW_MS);
    expect(load.isBusy).toBe(false);
  });

  it('is high from a share on', () => {
    const { load, spend } = thread();
    spend(BUSY_SHARE * LOAD_WINDOW_MS - 1, (1 - BUSY_SHARE) * LOAD_WINDOW_MS + 1);
    expect(load.isBusy).toBe(false);
    spend(BUSY_SHARE * LOAD_WINDOW_MS, (1 - BUSY_SHARE) * LOAD_WINDOW_MS);
    expect(load.isBusy).toBe(true);
  });

  it('of this thread is what its event loop says', async () => {
    const load = new ThreadLoad();
    await new Promise((resolve) => setTimeout(resolve, 3 * LOAD_WINDOW_MS));
    expect(load.isBusy).toBe(false);
  });
});
