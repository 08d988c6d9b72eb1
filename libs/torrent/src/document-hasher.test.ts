import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError } from '@pageswarm/primitives';
import fc from 'fast-check';
import { DocumentHasher } from './document-hasher.ts';

const digest = (algorithm: string, bytes: Uint8Array) => createHash(algorithm).update(bytes).digest('hex');

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return isPageSwarmError(error) ? error.code : `not ours: ${error}`;
  }
  return 'nothing thrown';
}

describe('DocumentHasher', () => {
  it('gives the same hashes however the bytes are cut into chunks', () => {
    const bytes = new Uint8Array(Buffer.from('PageSwarm '.repeat(12_345)));
    const whole = new DocumentHasher(bytes.length, 32_768).update(bytes).finish();
    expect(whole.md5).toBe(digest('md5', bytes));
    expect(whole.sha256).toBe(digest('sha256', bytes));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.integer({ min: 0, max: 40_000 }), fc.constantFrom(1, 16_384, 32_768, 65_536)), { maxLength: 12 }),
        (lengths) => {
          const hasher = new DocumentHasher(bytes.length, 32_768);
          let offset = 0;
          for (const length of lengths) {
            hasher.update(bytes.subarray(offset, offset + length));
            offset = Math.min(offset + length, bytes.length);
          }
          expect(hasher.update(bytes.subarray(offset)).finish()).toEqual(whole);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('hashes v1 pieces of the piece length, the last one short', () => {
    const bytes = new Uint8Array(3 * 32_768 + 7).fill(5);
    const { v1Pieces } = new DocumentHasher(bytes.length, 32_768).update(bytes).finish();
    expect(v1Pieces.length).toBe(4 * 20);
    expect(Buffer.from(v1Pieces.subarray(20, 40)).toString('hex')).toBe(digest('sha1', bytes.subarray(32_768, 65_536)));
    expect(Buffer.from(v1Pieces.subarray(60)).toString('hex')).toBe(digest('sha1', bytes.subarray(3 * 32_768)));
  });

  it('refuses a size that the bytes do not have', () => {
    expect(codeOf(() => new DocumentHasher(0))).toBe('EMPTY_FILE');
    expect(codeOf(() => new DocumentHasher(1.5))).toBe('EMPTY_FILE');
    expect(codeOf(() => new DocumentHasher(10, 20_000))).toBe('INVALID_REQUEST');
    expect(codeOf(() => new DocumentHasher(10).update(new Uint8Array(11)))).toBe('INVALID_REQUEST');
    expect(codeOf(() => new DocumentHasher(10).update(new Uint8Array(9)).finish())).toBe('INVALID_REQUEST');
  });
});
