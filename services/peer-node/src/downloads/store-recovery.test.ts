import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { isWritable, MAX_STORE_PROBE_INTERVAL_MS, STORE_PROBE_INTERVAL_MS, StoreRecovery } from './store-recovery.ts';

describe('a disk that downloads wait for', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function recoveryOf(answers: (attempt: number) => boolean) {
    const tried: number[] = [];
    const recovered: number[] = [];
    const clock = { now: () => Date.now(), monotonic: () => Date.now() };
    const recovery: StoreRecovery = new StoreRecovery({
      isWritable: async () => answers(tried.push(Date.now())),
      recovered: () => void recovered.push(Date.now()),
      clock,
    });
    return { recovery, tried, recovered };
  }

  it('is tried again and again until it takes writes, and then left alone', async () => {
    const { recovery, tried, recovered } = recoveryOf((attempt) => attempt === 3);
    recovery.wait();
    recovery.wait();
    await jest.advanceTimersByTimeAsync(10 * STORE_PROBE_INTERVAL_MS);
    expect(tried).toHaveLength(3);
    expect(recovered).toHaveLength(1);
  });

  it('is tried less and less while it takes the try and not the download', async () => {
    const { recovery, tried } = recoveryOf(() => true);
    for (let turn = 0; turn < 8; turn++) {
      recovery.wait();
      await jest.advanceTimersByTimeAsync(MAX_STORE_PROBE_INTERVAL_MS);
      // The download begins, and is stopped at once.
      jest.setSystemTime((tried.at(-1) as number) + 100);
    }
    const pauses = tried.slice(1).map((at, index) => Math.round((at - (tried[index] as number) - 100) / 1_000));
    expect(pauses).toEqual([6, 12, 24, 48, 60, 60, 60]);
  });

  it('is not tried any more after the end', async () => {
    const { recovery, tried } = recoveryOf(() => false);
    recovery.wait();
    recovery.stop();
    await jest.advanceTimersByTimeAsync(10 * STORE_PROBE_INTERVAL_MS);
    expect(tried).toEqual([]);
  });
});

describe('trying a folder', () => {
  it('leaves nothing behind, and makes no folder that is gone', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'pageswarm-probe-'));
    expect(await isWritable(folder)).toBe(true);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
    expect(await isWritable(folder)).toBe(false);
  });
});
