import { describe, expect, it } from '@jest/globals';
import { LoopTurns } from './loop-turns.ts';

describe('turns of the event loop', () => {
  it('are given one by one, in the order of asking, and others come between', async () => {
    const turns = new LoopTurns();
    const seen: string[] = [];
    let isOver = false;
    const others = (): void => {
      seen.push('-');
      if (!isOver) setImmediate(others);
    };
    const work = async (name: string) => {
      await turns.next();
      seen.push(name);
    };
    setImmediate(others);
    await Promise.all(['a', 'b', 'c'].map(work));
    isOver = true;
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.join('')).toMatch(/^-*a-+b-+c-*$/);
  });
});
