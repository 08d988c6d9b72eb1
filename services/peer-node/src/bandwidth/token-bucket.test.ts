import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@pageswarm/primitives';
import { BURST_MS, TokenBucket } from './token-bucket.ts';

describe('a rate limit', () => {
  it('lets pass what its rate allows, and the debt is waited for', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 1_000);
    expect(bucket.readyInMs()).toBe(0);
    bucket.take(500);
    expect(bucket.readyInMs()).toBe(500);
    clock.advance(300);
    expect(bucket.readyInMs()).toBe(200);
    clock.advance(200);
    expect(bucket.readyInMs()).toBe(0);
  });

  it('keeps unused time up to its burst', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 1_000);
    clock.advance(60_000);
    bucket.take(1_000);
    expect(bucket.readyInMs()).toBe(1_000 - BURST_MS);
  });

  it('is changed while a debt is open', () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 1_000);
    bucket.take(1_000);
    bucket.setRate(10_000);
    expect(bucket.readyInMs()).toBe(100);
    bucket.setRate(null);
    expect(bucket.readyInMs()).toBe(0);
    bucket.take(1e9);
    expect(bucket.readyInMs()).toBe(0);
  });
});
