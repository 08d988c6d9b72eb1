import { describe, expect, it } from '@jest/globals';
import { HaveFeed } from './have-feed.ts';

describe('the have feed', () => {
  it('gathers pieces into batches and ends when the watcher leaves', async () => {
    const feed = new HaveFeed();
    const abort = new AbortController();
    const batches = feed.watch(abort.signal);
    for (const piece of [4, 5, 9]) feed.stored(piece);
    expect((await batches.next()).value).toEqual([
      [4, 2],
      [9, 1],
    ]);
    const next = batches.next();
    abort.abort();
    expect((await next).done).toBe(true);
  });

  it('tells what was stored between the call and the first look', async () => {
    const feed = new HaveFeed();
    const batches = feed.watch(new AbortController().signal);
    feed.stored(1);
    expect((await batches.next()).value).toEqual([[1, 1]]);
    await batches.return(undefined);
  });
});
