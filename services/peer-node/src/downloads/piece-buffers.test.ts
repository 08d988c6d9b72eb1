import { describe, expect, it } from '@jest/globals';
import { MAX_SPARE_PIECE_BYTES, PieceBuffers } from './piece-buffers.ts';

describe('memory for pieces', () => {
  it('is lent again after it came back', () => {
    const buffers = new PieceBuffers(16_384);
    const first = buffers.take(16_384);
    expect(buffers.take(16_384)).not.toBe(first);
    buffers.give(first);
    expect(buffers.take(16_384)).toBe(first);
  });

  it('comes back once, and never from others', () => {
    const buffers = new PieceBuffers(16_384);
    const first = buffers.take(16_384);
    buffers.give(first);
    buffers.give(first);
    buffers.give(new Uint8Array(16_384));
    expect(buffers.take(16_384)).toBe(first);
    expect(buffers.take(16_384)).not.toBe(first);
  });

  it('fits a last piece that is shorter', () => {
    const buffers = new PieceBuffers(16_384);
    const last = buffers.take(100);
    expect(last).toHaveLength(100);
    buffers.give(last);
    expect(buffers.take(16_384)).toHaveLength(16_384);
  });

  it('is let go beyond the limit', () => {
    const pieceLength = MAX_SPARE_PIECE_BYTES / 2;
    const buffers = new PieceBuffers(pieceLength);
    const pieces = [buffers.take(pieceLength), buffers.take(pieceLength), buffers.take(pieceLength)];
    for (const piece of pieces) buffers.give(piece);
    const again = new Set([buffers.take(pieceLength), buffers.take(pieceLength), buffers.take(pieceLength)]);
    expect(pieces.filter((piece) => again.has(piece))).toHaveLength(2);
  });

  it('is of an arena first, as far as that reaches', () => {
    const arena = new SharedArrayBuffer(2 * 16_384 + 100);
    const buffers = new PieceBuffers(16_384, arena);
    const taken = [buffers.take(16_384), buffers.take(16_384), buffers.take(16_384)];
    expect(taken.map(({ buffer }) => buffer === arena)).toEqual([true, true, false]);
    expect(new Set(taken.slice(0, 2).map(({ byteOffset }) => byteOffset))).toEqual(new Set([0, 16_384]));
    for (const piece of taken) buffers.give(piece);
    const again = [buffers.take(16_384), buffers.take(16_384), buffers.take(16_384)];
    expect(again.map(({ buffer }) => buffer === arena)).toEqual([true, true, false]);
    expect(again[2]).not.toBe(taken[2]);
  });
});
