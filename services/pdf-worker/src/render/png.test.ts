import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PNG } from 'pngjs';
import { encodePng } from './png.ts';

const bitmaps = fc
  .tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }))
  .chain(([width, height]) =>
    fc
      .uint8Array({ minLength: width * height * 4, maxLength: width * height * 4 })
      .map((pixels) => ({ width, height, pixels: pixels.map((value, at) => (at % 4 === 3 ? 255 : value)) })),
  );

describe('a picture as PNG', () => {
  it('has the pixels of the bitmap', () => {
    fc.assert(
      fc.property(bitmaps, ({ width, height, pixels }) => {
        const png = PNG.sync.read(Buffer.from(encodePng({ width, height, pixels })));
        expect([png.width, png.height]).toEqual([width, height]);
        expect(Buffer.compare(png.data, pixels)).toBe(0);
      }),
    );
  });

  it('is small where the page is white', () => {
    const side = 1_000;
    expect(encodePng({ width: side, height: side, pixels: new Uint8Array(4 * side * side).fill(255) }).length).toBeLessThan(20_000);
  });
});
