import { describe, expect, it } from '@jest/globals';
import { RateMeter } from './rate-meter.ts';

function steady(meter: RateMeter, from: number, to: number, bytesPerMs: number): void {
  for (let now = from + 10; now <= to; now += 10) meter.add(now, bytesPerMs * 10);
}

describe('the rate of a host', () => {
  it('is unknown before the first byte', () => {
    const meter = new RateMeter();
    meter.begin(0);
    expect(meter.rate(1_000)).toBeUndefined();
  });

  it('is what came over the time since bytes were expected', () => {
    const meter = new RateMeter();
    meter.begin(1_000);
    meter.add(1_100, 50_000);
    expect(meter.rate(1_100)).toBeCloseTo(500_000, -5);
  });

  it('follows a change within a few seconds', () => {
    const meter = new RateMeter();
    meter.begin(0);
    steady(meter, 0, 5_000, 1_000);
    expect(meter.rate(5_000)).toBeCloseTo(1_000_000, -5);
    steady(meter, 5_000, 11_000, 100);
    expect(meter.rate(11_000)).toBeLessThan(200_000);
  });

  it('falls while bytes are expected and none come, and stands still while none are expected', () => {
    const meter = new RateMeter();
    meter.begin(0);
    steady(meter, 0, 2_000, 1_000);
    const before = meter.rate(2_000) as number;
    expect(meter.rate(4_000)).toBeLessThan(before / 2);
    meter.end(4_000);
    const idle = meter.rate(4_000);
    expect(meter.rate(60_000)).toBe(idle);
  });

  it('is remembered as it was when bytes came last', () => {
    const meter = new RateMeter();
    meter.begin(0);
    expect(meter.lastRate).toBeUndefined();
    steady(meter, 0, 2_000, 1_000);
    const before = meter.rate(2_000);
    expect(meter.rate(6_000)).toBeLessThan((before as number) / 2);
    expect(meter.lastRate).toBe(before);
  });
});
