import { describe, expect, it } from '@jest/globals';
import { documentId } from '@pageswarm/primitives';
import fc from 'fast-check';
import { decodeHave, encodeHaveHeader, HAVE_HEADER_BYTES } from './have-file-layout.ts';

const spec = { documentId: documentId('ab'.repeat(32)), name: 'x.pdf', size: 50_000, pieceLength: 16_384 };
const state = { clean: true, bootId: '1b2c3d4e-0000-4000-8000-aabbccddeeff', placedName: 'Física (2).pdf' };
const fileOf = (marks: number[] = [1, 0, 1, 0]) => Buffer.concat([encodeHaveHeader(spec, state), Uint8Array.from(marks)]);

describe('the .have file', () => {
  it('returns the state and the marks that were written', () => {
    expect(decodeHave(fileOf(), spec)).toEqual({ state, marks: Uint8Array.from([1, 0, 1, 0]) });
    for (const other of [
      { clean: false, bootId: '', placedName: '' },
      { ...state, clean: false },
    ])
      expect(decodeHave(Buffer.concat([encodeHaveHeader(spec, other), new Uint8Array(4)]), spec)?.state).toEqual(other);
  });

  it('has the layout that its description gives', () => {
    const file = fileOf();
    expect(file.length).toBe(HAVE_HEADER_BYTES + 4);
    expect(file.toString('latin1', 0, 8)).toBe('PSWHAVE\0');
    expect([file[8], file[9], file[10]]).toEqual([1, 1, Buffer.byteLength(state.placedName)]);
    expect(file.toString('hex', 12, 44)).toBe(spec.documentId);
    expect([file.readBigUInt64BE(44), file.readBigUInt64BE(52)]).toEqual([50_000n, 16_384n]);
    expect(file.toString('latin1', 60, 96)).toBe(state.bootId);
  });

  it('is not taken for that of another document, size or piece length, and not when it is cut', () => {
    for (const other of [{ documentId: documentId('cd'.repeat(32)) }, { size: 50_001 }, { pieceLength: 15_000 }, { size: 70_000 }])
      expect(decodeHave(fileOf(), { ...spec, ...other })).toBeUndefined();
    expect(decodeHave(fileOf().subarray(0, -1), spec)).toBeUndefined();
    expect(decodeHave(new Uint8Array(0), spec)).toBeUndefined();
  });

  it('is refused when any byte of what is fixed was changed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 59 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const file = fileOf();
        file[at] = (file[at] as number) ^ change;
        const decoded = decodeHave(file, spec);
        // The flag and the length of the name are state, not identity.
        if (at !== 9 && at !== 10) expect(decoded).toBeUndefined();
      }),
    );
  });
});
