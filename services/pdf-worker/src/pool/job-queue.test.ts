import { describe, expect, it } from '@jest/globals';
import { JobQueue } from './job-queue.ts';

const job = (name: string, priority: 'interactive' | 'background') => ({ name, priority });

describe('the queue of jobs', () => {
  it('gives interactive jobs first, each kind in the order of its coming', () => {
    const queue = new JobQueue(10);
    for (const one of [job('a', 'background'), job('b', 'interactive'), job('c', 'background'), job('d', 'interactive')]) queue.add(one);
    const order = Array.from({ length: 5 }, () => (queue.take() as { name: string } | undefined)?.name);
    expect(order).toEqual(['b', 'd', 'a', 'c', undefined]);
  });

  it('leaves background jobs to others when asked for interactive ones alone', () => {
    const queue = new JobQueue(10);
    queue.add(job('a', 'background'));
    expect(queue.take(true)).toBeUndefined();
    expect(queue.size).toBe(1);
  });

  it('refuses a job beyond its limit', () => {
    const queue = new JobQueue(1);
    expect(queue.add(job('a', 'background'))).toBe(true);
    expect(queue.add(job('b', 'interactive'))).toBe(false);
    expect(queue.size).toBe(1);
  });

  it('forgets a job that was taken back, once', () => {
    const queue = new JobQueue(2);
    const one = job('a', 'interactive');
    queue.add(one);
    expect(queue.hasInteractive()).toBe(true);
    expect([queue.remove(one), queue.remove(one)]).toEqual([true, false]);
    expect(queue.take()).toBeUndefined();
  });
});
