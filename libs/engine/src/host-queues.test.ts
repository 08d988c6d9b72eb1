import { describe, expect, it } from '@jest/globals';
import { HostQueues } from './host-queues.ts';

const ALL = { bytes: Number.POSITIVE_INFINITY, pieces: Number.POSITIVE_INFINITY };
const queues = (closed = new Set<number>()) => new HostQueues({ count: 20, bytesOf: () => 10, isOpen: (piece) => !closed.has(piece) });

describe('the queues of hosts', () => {
  it('hand out pieces in order, until bytes or pieces are reached', () => {
    const plan = queues();
    plan.append(0, [3, 1, 4, 5, 9]);
    expect(plan.take(0, { bytes: 15, pieces: 9 })).toEqual([3, 1]);
    expect(plan.take(0, { bytes: 99, pieces: 1 })).toEqual([4]);
    expect(plan.bytesOf(0)).toBe(20);
  });

  it('give a piece to one host at most: the last that it was planned for', () => {
    const plan = queues();
    plan.append(0, [1, 2, 3]);
    plan.append(1, [2]);
    expect(plan.take(0, ALL)).toEqual([1, 3]);
    expect(plan.take(1, ALL)).toEqual([2]);
  });

  it('hand out first what was put before all others', () => {
    const plan = queues();
    plan.append(0, [1, 2, 3, 4]);
    expect(plan.take(0, { bytes: 20, pieces: 9 })).toEqual([1, 2]);
    plan.forget(3);
    plan.prepend(0, [1, 3]);
    expect(plan.bytesOf(0)).toBe(30);
    expect(plan.take(0, ALL)).toEqual([1, 3, 4]);
    expect(plan.bytesOf(0)).toBe(0);
  });

  it('take the tail away in order, and leave what the other cannot have', () => {
    const plan = queues();
    plan.append(0, [1, 2, 3, 4, 5, 6]);
    expect(plan.takeTail(0, 20, (piece) => piece !== 5)).toEqual([4, 6]);
    expect(plan.take(0, ALL)).toEqual([1, 2, 3, 5]);
  });

  it('take the head away in order, and leave what the other cannot have', () => {
    const plan = queues();
    plan.append(0, [1, 2, 3, 4, 5, 6]);
    expect(plan.takeHead(0, 20, (piece) => piece !== 2)).toEqual([1, 3]);
    plan.append(1, [1, 3]);
    expect(plan.take(0, ALL)).toEqual([2, 4, 5, 6]);
    expect(plan.take(1, ALL)).toEqual([1, 3]);
  });

  it('pass over what was asked for in another way', () => {
    const closed = new Set<number>();
    const plan = queues(closed);
    plan.append(0, [1, 2, 3]);
    plan.forget(2);
    closed.add(3);
    expect(plan.isPlanned(2)).toBe(false);
    expect(plan.take(0, ALL)).toEqual([1]);
    expect(plan.bytesOf(0)).toBe(0);
  });
});
