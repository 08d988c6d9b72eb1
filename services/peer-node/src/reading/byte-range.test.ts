import { describe, expect, it } from '@jest/globals';
import { MAX_BYTE_RANGES, parseByteRanges } from './byte-range.ts';

describe('byte ranges', () => {
  it.each([
    ['bytes=0-99', [{ start: 0, end: 100 }]],
    ['bytes=500-', [{ start: 500, end: 1_000 }]],
    ['bytes=-10', [{ start: 990, end: 1_000 }]],
    ['bytes=-5000', [{ start: 0, end: 1_000 }]],
    ['bytes=990-2000', [{ start: 990, end: 1_000 }]],
    [
      'bytes=0-0, 5-6',
      [
        { start: 0, end: 1 },
        { start: 5, end: 7 },
      ],
    ],
    ['bytes=5000-', []],
    ['bytes=0-1, 5000-6000', [{ start: 0, end: 2 }]],
  ])('%s of 1000 bytes', (header, ranges) => {
    expect(parseByteRanges(header, 1_000)).toEqual(ranges);
  });

  it.each([
    '',
    'bytes=',
    'bytes=a-b',
    'bytes=9-1',
    'pages=1-2',
    'bytes=--1',
    `bytes=${Array(MAX_BYTE_RANGES + 1)
      .fill('0-0')
      .join(',')}`,
  ])('sends the whole for "%s"', (header) => {
    expect(parseByteRanges(header, 1_000)).toBeUndefined();
  });
});
