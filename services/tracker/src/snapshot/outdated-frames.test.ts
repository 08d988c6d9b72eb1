import { describe, expect, it } from '@jest/globals';
import { OutdatedFrames } from './outdated-frames.ts';

describe('what of a snapshot file is out of date', () => {
  it('is nothing while it only grows', () => {
    const outdated = new OutdatedFrames();
    for (const bytes of [300, 5_000, 40]) outdated.add(bytes, 0);
    expect(outdated.mostBytes).toBe(0);
  });

  it('is never more than told, whichever frames they are: each may be the longest one', () => {
    const outdated = new OutdatedFrames();
    outdated.add(5_000, 0);
    outdated.add(300, 0);
    outdated.add(60, 2);
    outdated.lose(7);
    expect(outdated.mostBytes).toBe(10_007);
  });
});
