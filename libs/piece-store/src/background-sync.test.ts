import { describe, expect, it } from '@jest/globals';
import { BackgroundSync, SYNC_STEP_BYTES } from './background-sync.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Syncs that end when they are told to. */
function countedSyncs() {
  const ends: ((error?: Error) => void)[] = [];
  const sync = new BackgroundSync(() => new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve()))));
  return { sync, ends };
}

describe('the sync in the background', () => {
  it('begins when so much was written, and not again while it runs', async () => {
    const { sync, ends } = countedSyncs();
    sync.written(SYNC_STEP_BYTES - 1);
    expect(ends).toHaveLength(0);
    sync.written(1);
    sync.written(3 * SYNC_STEP_BYTES);
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await sync.idle();
    sync.written(1);
    expect(ends).toHaveLength(2);
  });

  it('begins with less when nothing more will come, once', async () => {
    const { sync, ends } = countedSyncs();
    sync.begin();
    expect(ends).toHaveLength(0);
    sync.written(1);
    sync.begin();
    sync.begin();
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await sync.idle();
    sync.begin();
    expect(ends).toHaveLength(1);
  });

  it('is followed by one for the rest, which waits for it', async () => {
    const { sync, ends } = countedSyncs();
    sync.written(SYNC_STEP_BYTES);
    const finished = sync.finish();
    await turn();
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await turn();
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await finished;
  });

  it('that failed is told at the end, once, for the system tells it once', async () => {
    const { sync, ends } = countedSyncs();
    sync.written(SYNC_STEP_BYTES);
    ends[0]?.(new Error('EIO'));
    await sync.idle();
    await expect(sync.finish()).rejects.toThrow('EIO');
    const again = sync.finish();
    await turn();
    ends[1]?.();
    await again;
  });
});
