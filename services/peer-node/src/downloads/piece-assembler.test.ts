import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { runsInOrder } from './host-connection.ts';
import { PieceAssembler } from './piece-assembler.ts';
import { PieceBuffers } from './piece-buffers.ts';

const sizeOf = (piece: number): number => (piece === 9 ? 3 : 8);
const bytesOf = (piece: number): Uint8Array => new Uint8Array(sizeOf(piece)).fill(piece);

describe('the piece assembler', () => {
  it('gives the announced pieces back, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([0, 1, 2, 3, 4, 9], { minLength: 1 }),
        fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
        (pieces, cuts) => {
          const stream = Buffer.concat(pieces.map(bytesOf));
          const assembler = new PieceAssembler(runsInOrder(pieces), sizeOf, new PieceBuffers(8));
          const arrived: number[] = [];
          for (let offset = 0, cut = 0; offset < stream.length; cut++) {
            const length = cuts[cut % cuts.length] as number;
            for (const { piece, bytes } of assembler.add(stream.subarray(offset, offset + length))) {
              expect(Buffer.from(bytes)).toEqual(Buffer.from(bytesOf(piece)));
              arrived.push(piece);
            }
            offset += length;
          }
          expect(arrived).toEqual(pieces);
          expect(assembler.finished).toBe(true);
        },
      ),
    );
  });

  it('refuses bytes beyond what was announced', () => {
    const assembler = new PieceAssembler([[0, 1]], sizeOf, new PieceBuffers(8));
    expect(() => [...assembler.add(new Uint8Array(9))]).toThrow(expect.objectContaining({ code: 'PROTOCOL_ERROR' }));
  });

  it('knows that something is missing', () => {
    const assembler = new PieceAssembler([[0, 2]], sizeOf, new PieceBuffers(8));
    expect([...assembler.add(new Uint8Array(15))]).toHaveLength(1);
    expect(assembler.finished).toBe(false);
  });
});

describe('runs in order', () => {
  it('joins neighbours and keeps the order', () => {
    expect(runsInOrder([5, 6, 7, 1, 2, 9])).toEqual([
      [5, 3],
      [1, 2],
      [9, 1],
    ]);
  });
});
