import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Turns } from './turns.ts';

describe('turns', () => {
  it('run no more tasks at once than the limit, in order, whether they succeed or not', async () => {
    const turns = new Turns(2);
    const log: string[] = [];
    const ends: (() => void)[] = [];
    const tasks = ['a', 'b', 'c', 'd'].map((name) =>
      turns.take(async () => {
        log.push(name);
        await new Promise<void>((resolve) => ends.push(resolve));
        if (name === 'a') throw new Error(name);
      }),
    );
    const outcome = Promise.allSettled(tasks);
    await setImmediate();
    expect(log).toEqual(['a', 'b']);
    ends[0]?.();
    await setImmediate();
    expect(log).toEqual(['a', 'b', 'c']);
    ends[1]?.();
    await setImmediate();
    ends[2]?.();
    ends[3]?.();
    expect((await outcome).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    await turns.take(async () => void log.push('e'));
    expect(log).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});
