import { describe, expect, it } from '@jest/globals';
import { ExpiryWheel } from './expiry-wheel.ts';

function wheel(span: number) {
  const turning = new ExpiryWheel<string>(span);
  const turn = (most = 10) => {
    const due: string[] = [];
    turning.advance(most, (item) => due.push(item));
    return due;
  };
  return { turning, turn };
}

describe('an expiry wheel', () => {
  it('passes each thing on in its turn, and not a second time', () => {
    const { turning, turn } = wheel(3);
    turning.put('b', 2);
    turning.put('a', 0.5);
    turning.put('far', 100);
    expect([turn(), turn(), turn(), turn(), turn()]).toEqual([['a'], ['b'], ['far'], [], []]);
  });

  it('passes on no more than it may in one turn', () => {
    const { turning, turn } = wheel(3);
    for (const item of ['a', 'b', 'c']) turning.put(item, 1);
    expect([turn(2), turn(2), turn(2)]).toEqual([['a', 'b'], ['c'], []]);
  });
});
