import { describe, expect, it } from '@jest/globals';
import type { PeerId } from '@pageswarm/primitives';
import { PieceWitness } from './piece-witness.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(40) as PeerId) as [PeerId, PeerId, PeerId];

describe('who had pieces last', () => {
  it('are the hosts that were seen with one of them, complete or not', () => {
    const witness = new PieceWitness(10);
    witness.found(A, '10.0.0.1:7185', true);
    witness.found(B, '10.0.0.2:7185', false);
    witness.found(C, '10.0.0.3:7185', false);
    witness.has(B, [[4, 2]]);
    witness.has(C, [[8, 99]]);
    const holders = (first: number) => witness.holdersOf([[first, 1]]).map(({ address }) => address);
    expect(holders(5)).toEqual(['10.0.0.1:7185', '10.0.0.2:7185']);
    expect(holders(9)).toEqual(['10.0.0.1:7185', '10.0.0.3:7185']);
    expect(holders(0)).toEqual(['10.0.0.1:7185']);
  });

  it('are not forgotten when the tracker lists them again at another address', () => {
    const witness = new PieceWitness(10);
    witness.found(B, '10.0.0.2:7185', false);
    witness.has(B, [[4, 2]]);
    witness.found(B, '10.0.0.9:7185', false);
    expect(witness.holdersOf([[4, 1]])).toEqual([{ peerId: B, address: '10.0.0.9:7185' }]);
    witness.has(A, [[0, 1]]);
    expect(witness.holdersOf([[0, 1]])).toEqual([]);
  });
});
