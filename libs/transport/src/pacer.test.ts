import { describe, expect, it } from '@jest/globals';
import { FIRST_MARKER, Pacer } from './pacer.ts';

interface Journey {
  /** Part of the path's capacity that was used in the second half of the journey. */
  readonly usedShare: number;
  /** How long the last byte of the second half waited in the path's queue at most, in ms. */
  readonly worstQueueMs: number;
}

/** A sender that always has more, over a path of `rate` bytes/ms whose empty round trip takes `roundTripMs`, in steps of 0.1 ms. */
function travel(rate: number, roundTripMs: number, durationMs: number): Journey {
  let now = 0;
  const pacer = new Pacer(() => now);
  pacer.roundTrip(roundTripMs);
  let queue = 0;
  let delivered = 0;
  let worst = 0;
  const markers: { number: number; behind: number }[] = [];
  const pongs: { number: number; at: number }[] = [];
  let sent = 0;
  let left = 0;
  const send = (): void => {
    for (let marker = pacer.takeMarker(); marker > 0; marker = pacer.takeMarker()) markers.push({ number: marker, behind: sent });
  };
  while (now < durationMs) {
    now += 0.1;
    while (pongs[0] && pongs[0].at <= now) {
      pacer.acknowledged((pongs.shift() as { number: number }).number);
      send();
    }
    while (pacer.isOpen) {
      sent += 65_552;
      queue += 65_552;
      pacer.sent(65_552, true);
      send();
    }
    const moved = Math.min(queue, rate * 0.1);
    queue -= moved;
    left += moved;
    while (markers[0] && markers[0].behind <= left + 0.5)
      pongs.push({ number: (markers.shift() as { number: number }).number, at: now + roundTripMs });
    if (now < durationMs / 2) continue;
    delivered += moved;
    worst = Math.max(worst, queue / rate);
  }
  return { usedShare: delivered / ((rate * durationMs) / 2), worstQueueMs: worst };
}

describe('the pacer', () => {
  it.each([
    ['a loopback of 1.5 GB/s', 1_500_000, 0.1],
    ['a network of 1 Gbit/s', 125_000, 0.5],
    ['a line of 100 Mbit/s over 20 ms', 12_500, 20],
    ['a line of 1 Gbit/s over 80 ms', 125_000, 80],
    ['a line of 10 Mbit/s over 50 ms', 1_250, 50],
  ])('fills %s without letting a queue grow on it', (_name, rate, roundTripMs) => {
    const { usedShare, worstQueueMs } = travel(rate, roundTripMs, 4_000);
    expect(usedShare).toBeGreaterThan(0.95);
    // One more round trip, the slack, and what must always be allowed.
    expect(worstQueueMs).toBeLessThan(roundTripMs * 1.1 + 8 + (131_072 + 65_552) / rate);
  });

  it('never waits for a marker that is not under way', () => {
    let now = 0;
    const pacer = new Pacer(() => now);
    for (let round = 0; round < 200; round++) {
      const open: number[] = [];
      while (pacer.isOpen) {
        pacer.sent(10_000 + round, round % 3 > 0);
        const marker = pacer.takeMarker();
        if (marker > 0) open.push(marker);
      }
      const late = pacer.takeMarker();
      if (late > 0) open.push(late);
      expect(open.length).toBeGreaterThan(0);
      now += round % 7 === 0 ? 500 : 1;
      for (const marker of open) pacer.acknowledged(marker);
      for (let marker = pacer.takeMarker(); marker > 0; marker = pacer.takeMarker()) pacer.acknowledged(marker);
      expect(pacer.isOpen).toBe(true);
    }
  });

  it('ignores markers that it did not set, or that came before', () => {
    const pacer = new Pacer(() => 0);
    pacer.sent(2_000_000, true);
    const marker = pacer.takeMarker();
    expect(marker).toBe(FIRST_MARKER);
    pacer.acknowledged(marker + 1);
    expect(pacer.isOpen).toBe(false);
    pacer.acknowledged(marker);
    pacer.acknowledged(marker);
    expect(pacer.isOpen).toBe(true);
  });
});
