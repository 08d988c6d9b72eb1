import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bitmapSize } from './bitmap-size.ts';
import { MAX_RENDER_HEIGHT, MAX_RENDER_PIXELS } from './limits.ts';

describe('the size of a bitmap', () => {
  it('is as wide as asked for, in the proportions of the page', () => {
    expect(bitmapSize(595, 842, 200)).toEqual({ width: 200, height: 283 });
    expect(bitmapSize(842, 595, 4_096)).toEqual({ width: 4_096, height: 2_894 });
  });

  it.each([
    ['higher than allowed', 1, 2_000_000_000, 4_096],
    ['of more pixels than allowed', 612, 1_008, 4_096],
    ['without a size', 0, 0, 100],
    ['of no number', Number.NaN, Number.POSITIVE_INFINITY, 100],
    ['of two thousand million points', 2e9, 2e9, 600],
  ])('of a page %s stays within the limits', (_name, pageWidth, pageHeight, wanted) => {
    const { width, height } = bitmapSize(pageWidth, pageHeight, wanted);
    expect(width).toBeGreaterThanOrEqual(1);
    expect(height).toBeGreaterThanOrEqual(1);
    expect(width).toBeLessThanOrEqual(wanted);
    expect(height).toBeLessThanOrEqual(MAX_RENDER_HEIGHT);
    expect(width * height).toBeLessThanOrEqual(MAX_RENDER_PIXELS);
  });

  it('never passes a limit', () => {
    const points = fc.double({ min: -10, max: 1e12 });
    fc.assert(
      fc.property(points, points, fc.integer({ min: 1, max: 4_096 }), (pageWidth, pageHeight, wanted) => {
        const { width, height } = bitmapSize(pageWidth, pageHeight, wanted);
        expect(Number.isInteger(width) && Number.isInteger(height)).toBe(true);
        expect(Math.min(width, height)).toBeGreaterThanOrEqual(1);
        expect(width).toBeLessThanOrEqual(wanted);
        expect(height).toBeLessThanOrEqual(MAX_RENDER_HEIGHT);
        expect(width * height).toBeLessThanOrEqual(MAX_RENDER_PIXELS);
      }),
    );
  });
});
