import { describe, expect, it } from '@jest/globals';
import { GroupCommit } from './group-commit.ts';

describe('GroupCommit', () => {
  it('runs one action at a time and one more for all who asked meanwhile', async () => {
    let begun = 0;
    let running = 0;
    const commit = new GroupCommit(async () => {
      begun++;
      expect(++running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    });
    await Promise.all([commit.run(), commit.run(), commit.run(), commit.run()]);
    expect(begun).toBe(2);
    await commit.run();
    expect(begun).toBe(3);
  });

  it('begins no second action in the moment between two', async () => {
    let running = 0;
    let mostRunning = 0;
    const commit = new GroupCommit(async () => {
      mostRunning = Math.max(mostRunning, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
    });
    const first = commit.run();
    const second = commit.run();
    await Promise.all([second, first.then(() => commit.run())]);
    expect(mostRunning).toBe(1);
  });

  it('gives everybody an action that begins after they asked, also in the gap between two', async () => {
    let value = 0;
    let written = 0;
    const commit = new GroupCommit(async () => {
      const seen = value;
      await new Promise((resolve) => setImmediate(resolve));
      written = Math.max(written, seen);
    });
    const checks = Array.from({ length: 200 }, async (_, index) => {
      for (let hop = 0; hop < index % 7; hop++) await Promise.resolve();
      if (index % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      const mine = ++value;
      await commit.run();
      expect(written).toBeGreaterThanOrEqual(mine);
    });
    await Promise.all(checks);
  });

  it('lets the next action run after one that failed', async () => {
    let attempts = 0;
    const commit = new GroupCommit(async () => {
      if (++attempts === 1) throw new Error('first');
    });
    const outcomes = await Promise.allSettled([commit.run(), commit.run()]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});
