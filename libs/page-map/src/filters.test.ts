import { Buffer } from 'node:buffer';
import { brotliCompressSync, deflateSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeAscii85, decodeAsciiHex, decodeRunLength } from './ascii-filters.ts';
import { decodeStream, MAX_FILTERS } from './filters.ts';
import { decodeLzw } from './lzw.ts';
import { PdfDictionary, type PdfValue } from './pdf-values.ts';
import { MAX_PREDICTOR_ROW_BYTES } from './predictor.ts';

const MEGABYTE = 1_048_576;
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function dictionary(entries: Record<string, PdfValue>): PdfDictionary {
  const result = new PdfDictionary();
  for (const [key, value] of Object.entries(entries)) result.add(key, value);
  return result;
}

/** A plain LZW encoder: codes grow `early` codes before they must. */
function encodeLzw(data: Uint8Array, early: number): Uint8Array {
  let bits = '';
  let width = 9;
  let codes = new Map<string, number>();
  const reset = (): void => {
    codes = new Map(Array.from({ length: 256 }, (_, byte) => [String.fromCharCode(byte), byte]));
    for (const marker of ['clear', 'end']) codes.set(marker, codes.size);
  };
  const put = (code: number): void => {
    bits += code.toString(2).padStart(width, '0');
  };
  reset();
  put(256);
  let known = '';
  for (const byte of data) {
    const longer = known + String.fromCharCode(byte);
    if (codes.has(longer)) {
      known = longer;
      continue;
    }
    put(codes.get(known) as number);
    codes.set(longer, codes.size);
    if (codes.size - 1 + early >= 1 << width && width < 12) width++;
    if (codes.size >= 4_095) {
      put(256);
      reset();
      width = 9;
    }
    known = String.fromCharCode(byte);
  }
  if (known) put(codes.get(known) as number);
  put(257);
  return Uint8Array.from((bits.match(/.{1,8}/g) ?? []).map((octet) => Number.parseInt(octet.padEnd(8, '0'), 2)));
}

describe('LZW', () => {
  it('decodes the example of the specification', () => {
    const data = Buffer.from('800b6050220c0c8501', 'hex');
    expect([...decodeLzw(data, 1, MEGABYTE)]).toEqual([45, 45, 45, 45, 45, 65, 45, 45, 45, 66]);
  });

  it('gives back what was encoded, over all code widths', () => {
    const long = Uint8Array.from({ length: 40_000 }, (_, index) => (index * index) % 251);
    expect(Buffer.compare(decodeLzw(encodeLzw(long, 1), 1, MEGABYTE), long)).toBe(0);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600, max: 3, size: 'max' }), (data) =>
        expect(decodeLzw(encodeLzw(data, 1), 1, MEGABYTE)).toEqual(data),
      ),
    );
  });

  it('stops at the limit, and takes any bytes without failing otherwise', () => {
    expect(() => decodeLzw(encodeLzw(new Uint8Array(5_000), 1), 1, 4_999)).toThrow('inflates to more than 4999 bytes');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300, size: 'max' }), (data) =>
        expect(decodeLzw(data, 1, MEGABYTE).length).toBeLessThan(MEGABYTE),
      ),
    );
  });
});

describe('the text filters', () => {
  it('decode what they are made for', () => {
    expect(Buffer.from(decodeAsciiHex(latin1('48 65 6C6c 6F 7>junk'))).toString('latin1')).toBe('Hellop');
    expect(Buffer.from(decodeAscii85(latin1('87cURD]i,"Ebo7~>'), 99) ?? []).toString('latin1')).toBe('Hello World');
    expect([...(decodeAscii85(latin1('z~>'), 99) ?? [])]).toEqual([0, 0, 0, 0]);
    expect(decodeAscii85(latin1('ab\u00ffcd'), 99)).toBeUndefined();
    expect(Buffer.from(decodeRunLength(Buffer.from([2, 97, 98, 99, 254, 100, 128, 1]), 99)).toString('latin1')).toBe('abcddd');
  });

  it('stop at the limit', () => {
    expect(() => decodeAscii85(latin1('zzzz~>'), 12)).toThrow('inflates to more than 12 bytes');
    expect(() => decodeRunLength(Buffer.from([129, 0]), 100)).toThrow('inflates to more than 100 bytes');
  });
});

describe('filter chains', () => {
  const text = latin1('structure '.repeat(50));
  const decode = (data: Uint8Array, filters: PdfValue[], parameters: (PdfValue | undefined)[] = []): string | undefined => {
    const bytes = decodeStream(data, filters, parameters, MEGABYTE);
    return bytes && Buffer.from(bytes).toString('latin1');
  };

  it('undo each filter in turn', () => {
    const hex = latin1(`${deflateSync(text).toString('hex')}>`);
    expect(decode(hex, ['ASCIIHexDecode', 'FlateDecode'])).toBe(text.toString('latin1'));
    expect(decode(brotliCompressSync(text), ['BrotliDecode'])).toBe(text.toString('latin1'));
    expect(decode(encodeLzw(text, 1), ['LZW'])).toBe(text.toString('latin1'));
    expect(decode(encodeLzw(text, 0), ['LZWDecode'], [dictionary({ EarlyChange: 0 })])).toBe(text.toString('latin1'));
    expect(decode(text, ['Crypt'])).toBe(text.toString('latin1'));
  });

  it('forgive a cut end and a wrong checksum of deflated data', () => {
    const deflated = deflateSync(text);
    expect(decode(deflated.subarray(0, -6), ['FlateDecode'])?.startsWith('structure structure')).toBe(true);
    const wrong = Buffer.from(deflated);
    wrong.writeUInt32BE(1, wrong.length - 4);
    expect(decode(wrong, ['FlateDecode'])).toBe(text.toString('latin1'));
  });

  it('give nothing for unknown filters, broken data and too many filters', () => {
    expect(decode(text, ['JBIG2Decode'])).toBeUndefined();
    expect(decode(text, ['FlateDecode'])).toBeUndefined();
    expect(decode(text, ['BrotliDecode'])).toBeUndefined();
    expect(decode(text, new Array<PdfValue>(MAX_FILTERS + 1).fill('Crypt'))).toBeUndefined();
  });

  it('refuse a bomb, also one inside another', () => {
    const bomb = deflateSync(Buffer.alloc(4 * MEGABYTE));
    expect(() => decode(bomb, ['FlateDecode'])).toThrow('inflates to more than');
    expect(() => decode(deflateSync(bomb), ['FlateDecode', 'FlateDecode'])).toThrow('inflates to more than');
    expect(() => decode(brotliCompressSync(Buffer.alloc(4 * MEGABYTE)), ['BrotliDecode'])).toThrow('inflates to more than');
  });

  it('undo every predictor', () => {
    const rows = [
      [0, 1, 2, 3],
      [1, 1, 1, 1],
      [2, 1, 1, 1],
      [3, 4, 4, 4],
      [4, 1, 2, 3],
    ];
    const data = deflateSync(Uint8Array.from(rows.flat()));
    const png = decodeStream(data, ['FlateDecode'], [dictionary({ Predictor: 15, Columns: 3 })], MEGABYTE);
    expect([...(png ?? [])]).toEqual([1, 2, 3, 1, 2, 3, 2, 3, 4, 5, 8, 10, 6, 10, 13]);
    const tiff = decodeStream(
      deflateSync(Uint8Array.of(1, 1, 1, 5, 1, 1)),
      ['FlateDecode'],
      [dictionary({ Predictor: 2, Columns: 3 })],
      MEGABYTE,
    );
    expect([...(tiff ?? [])]).toEqual([1, 2, 3, 5, 6, 7]);
  });

  it('give nothing for predictors that make no sense', () => {
    const data = deflateSync(text);
    const senseless: Record<string, PdfValue>[] = [
      { Predictor: 12, Columns: 0 },
      { Predictor: 12, Colors: 99 },
      { Predictor: 12, BitsPerComponent: 7 },
      { Predictor: 7 },
    ];
    for (const parameters of senseless) expect(decode(data, ['FlateDecode'], [dictionary(parameters)])).toBeUndefined();
    expect(decode(data, ['FlateDecode'], [dictionary({ Predictor: 12, Columns: MAX_PREDICTOR_ROW_BYTES + 1 })])).toBeUndefined();
  });
});
