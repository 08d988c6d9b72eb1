import { describe, expect, it } from '@jest/globals';
import { Backoff } from './backoff.ts';
import { DEFAULT_LIMITS, type TransportLimits, verifyLimits } from './limits.ts';

describe('the limits of the transport', () => {
  it('are the defaults where nothing else is said', () => {
    expect(verifyLimits()).toEqual(DEFAULT_LIMITS);
    expect(verifyLimits({ maxStreams: 3, maxEvents: undefined })).toEqual({ ...DEFAULT_LIMITS, maxStreams: 3 });
  });

  it.each<Record<string, unknown>>([
    { maxStreams: 0 },
    { maxStreams: 1.5 },
    { maxStreams: '7' },
    { streamWindowBytes: 4_095 },
    { maxDataBytes: 4_095 },
    { streamWindowBytes: 2 ** 33 },
    { maxJsonBytes: 4_095 },
    { drainTimeoutMs: -1 },
    { noSuchLimit: 1 },
  ])('refuse %j', (overrides) => {
    expect(() => verifyLimits(overrides as Partial<TransportLimits>)).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIGURATION', detail: expect.stringContaining(Object.keys(overrides)[0] as string) }),
    );
  });
});

describe('the waits between attempts', () => {
  it('double up to the longest, with chance between half and whole', () => {
    const lowest = new Backoff(100, 1_000, () => 0);
    const highest = new Backoff(100, 1_000, () => 1);
    expect(Array.from({ length: 6 }, () => lowest.next())).toEqual([50, 100, 200, 400, 500, 500]);
    expect(Array.from({ length: 6 }, () => highest.next())).toEqual([100, 200, 400, 800, 1_000, 1_000]);
    for (let round = 0; round < 2_000; round++) expect(highest.next()).toBe(1_000);
    highest.reset();
    expect(highest.next()).toBe(100);
  });
});
