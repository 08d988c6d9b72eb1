import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import type { DocumentId, PeerId } from '@pageswarm/primitives';
import { Bandwidth, MAX_TURN_BYTES, MIN_TURN_BYTES } from './bandwidth.ts';
import { UNLIMITED } from './rate-limits.ts';

const KIB = 1_024;
const clock = { now: () => Date.now(), monotonic: () => performance.now() };
const peer = (name: string) => name as PeerId;
const document = (name: string) => name as DocumentId;

// Time passes when the test says so: on a busy machine real timers are late, and shares with them.
beforeEach(() => void jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] }));
afterEach(() => void jest.useRealTimers());

/** Moves bytes for a time. @returns bytes per second */
async function rateOf(bandwidth: Bandwidth, streams: readonly (readonly [string, string])[], ms: number): Promise<number[]> {
  const end = performance.now() + ms;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ms);
  const moving = Promise.all(
    streams.map(async ([of, what]) => {
      let bytes = 0;
      try {
        while (performance.now() < end) {
          await bandwidth.turn(peer(of), document(what), MIN_TURN_BYTES, abort.signal);
          bytes += MIN_TURN_BYTES;
        }
      } catch {
        // The time is over.
      }
      return (bytes / ms) * 1_000;
    }),
  );
  await jest.advanceTimersByTimeAsync(ms);
  clearTimeout(timer);
  return moving;
}

describe('bandwidth', () => {
  it('is free without a limit', async () => {
    let waits = 0;
    const bandwidth = new Bandwidth(clock, UNLIMITED, () => waits++);
    for (let turn = 0; turn < 1_000; turn++) await bandwidth.turn(peer('a'), document('x'), MAX_TURN_BYTES);
    expect(waits).toBe(0);
  });

  it('of the node is shared equally by peers, whatever each of them wants', async () => {
    const bandwidth = new Bandwidth(clock, { ...UNLIMITED, node: 2_048 * KIB });
    const streams = ['greedy', 'greedy', 'greedy', 'modest'].map((name, index) => [name, String(index)] as const);
    const rates = await rateOf(bandwidth, streams, 500);
    const greedy = (rates[0] as number) + (rates[1] as number) + (rates[2] as number);
    expect(greedy + (rates[3] as number)).toBeLessThan(2_048 * KIB * 1.35);
    expect(greedy + (rates[3] as number)).toBeGreaterThan(2_048 * KIB * 0.6);
    expect(greedy / (rates[3] as number)).toBeGreaterThan(0.8);
    expect(greedy / (rates[3] as number)).toBeLessThan(1.25);
  });

  it('of a peer and of a document holds for each of them', async () => {
    const bandwidth = new Bandwidth(clock, { node: null, peer: 1_024 * KIB, document: 512 * KIB });
    const [alone, shared, sharedToo] = (await rateOf(
      bandwidth,
      [
        ['a', 'x'],
        ['b', 'y'],
        ['c', 'y'],
      ],
      500,
    )) as [number, number, number];
    expect(alone).toBeLessThan(512 * KIB * 1.35);
    expect(shared + sharedToo).toBeLessThan(512 * KIB * 1.35);
  });

  it('changes while bytes wait, and lets go of who left', async () => {
    let waits = 0;
    const bandwidth = new Bandwidth(clock, { ...UNLIMITED, node: MIN_TURN_BYTES }, () => waits++);
    await bandwidth.turn(peer('a'), document('x'), 100 * MIN_TURN_BYTES);
    const abort = new AbortController();
    const left = bandwidth.turn(peer('b'), document('x'), MIN_TURN_BYTES, abort.signal);
    abort.abort();
    await expect(left).rejects.toMatchObject({ code: 'CANCELLED' });
    const waiting = bandwidth.turn(peer('c'), document('x'), MIN_TURN_BYTES);
    expect(waits).toBe(2);
    bandwidth.limits = UNLIMITED;
    await waiting;
  });

  it('moves less at once where a limit is low', () => {
    expect(new Bandwidth(clock, UNLIMITED).turnBytes).toBe(MAX_TURN_BYTES);
    expect(new Bandwidth(clock, { ...UNLIMITED, node: 500_000 }).turnBytes).toBe(50_000);
    expect(new Bandwidth(clock, { ...UNLIMITED, peer: MIN_TURN_BYTES }).turnBytes).toBe(MIN_TURN_BYTES);
  });
});
