import { describe, expect, it } from '@jest/globals';
import { LEAF_BLOCK_BYTES, SeededRandom } from '@pageswarm/primitives';
import fc from 'fast-check';
import { bits } from './drawn-swarm.fixture.ts';
import { PieceBook } from './piece-book.ts';
import { PiecePicker } from './piece-picker.ts';

/** A picker over drawn holders: `#` is a piece that a holder has; `have` says what is stored. */
function picker(have: string, ...holders: string[]): { picker: PiecePicker; book: PieceBook } {
  const book = new PieceBook(have.length * LEAF_BLOCK_BYTES, LEAF_BLOCK_BYTES, bits(have));
  const result = new PiecePicker(book, new SeededRandom(1));
  holders.forEach((holder, index) => {
    result.addHolder(index, bits(holder));
  });
  return { picker: result, book };
}

const pieces = (count: number) => ({ bytes: Number.POSITIVE_INFINITY, pieces: count });

describe('rarest first', () => {
  it('asks a complete holder for what no partial holder has, then for what the fewest have', () => {
    const swarm = picker('      ', '######', '##### ', '###   ');
    expect(swarm.picker.pickRarest(0, pieces(1))).toEqual([5]);
    expect(swarm.picker.pickRarest(0, pieces(3)).slice(1).sort()).toEqual([3, 4]);
  });

  it('asks a partial holder only for open pieces that it has', () => {
    const swarm = picker('#     ', '######', '##### ', '###   ');
    expect(swarm.picker.pickRarest(2, pieces(9)).sort()).toEqual([1, 2]);
    swarm.picker.request(1);
    expect(swarm.picker.pickRarest(2, pieces(9))).toEqual([2]);
  });

  it('takes neighbours that are as rare together, from the start of their run', () => {
    const RUN = 4;
    const firsts = new Set<number>();
    for (let seed = 1; seed <= 20; seed++) {
      const swarm = picker(' '.repeat(32), `${'#'.repeat(30)}  `);
      for (let draw = 0; draw < seed; draw++) swarm.picker.pickRarest(0, pieces(1));
      const [first, ...next] = swarm.picker.pickRarest(0, pieces(2 * RUN)) as [number, ...number[]];
      firsts.add(first);
      expect(first % RUN).toBe(0);
      // The last two of 30 have a run of their own.
      const inRun = first === 28 ? 2 : RUN;
      expect(next.slice(0, inRun - 1)).toEqual([first + 1, first + 2, first + 3].slice(0, inRun - 1));
    }
    expect(firsts.size).toBeGreaterThan(3);
  });

  it('takes no neighbour that is less rare', () => {
    const swarm = picker(' '.repeat(16), '################', '#### ###########', '#########  #####');
    expect([...swarm.picker.pickRarest(1, pieces(2))].sort()).toEqual([10, 9]);
    expect([...swarm.picker.pickRarest(2, pieces(1))]).toEqual([4]);
  });

  it('picks at least one piece, however small the budget', () => {
    const swarm = picker('   ', '###');
    expect(swarm.picker.pickRarest(0, { bytes: 1, pieces: 1 })).toHaveLength(1);
  });

  it('asks a complete holder again for a piece whose only partial holder left', () => {
    const swarm = picker('    ', '####', '#   ');
    swarm.picker.request(1);
    expect(swarm.picker.pickRarest(0, pieces(2))).toEqual([2, 3]);
    swarm.picker.removeHolder(1);
    expect(swarm.picker.pickRarest(0, pieces(1))).toEqual([0]);
  });

  it('asks a complete holder again for a piece that came back', () => {
    const swarm = picker('    ', '####');
    for (const piece of swarm.picker.pickRarest(0, pieces(3))) swarm.picker.request(piece);
    expect(swarm.picker.pickRarest(0, pieces(1))).toEqual([3]);
    swarm.picker.reopen(1);
    expect(swarm.picker.pickRarest(0, pieces(9))).toEqual([1, 3]);
  });

  it('keeps to the order that it was given for what no partial holder has', () => {
    const swarm = picker('    ', '####');
    swarm.picker.orderScarce(Int32Array.of(2, 3, 1, 0));
    expect(swarm.picker.pickRarest(0, pieces(3))).toEqual([2, 3, 1]);
  });
});

describe('holders', () => {
  it('become complete with their last piece, and partial when they turn out to lack one', () => {
    const swarm = picker('   ', '## ');
    expect(swarm.picker.hasPartialHolders).toBe(true);
    swarm.picker.addPiece(0, 2);
    expect(swarm.picker.hasPartialHolders).toBe(false);
    swarm.picker.removePiece(0, 1);
    expect(swarm.picker.hasPartialHolders).toBe(true);
    expect([0, 1, 2].map((piece) => swarm.picker.holds(0, piece))).toEqual([true, false, true]);
  });
});

describe('the picker', () => {
  it('agrees with counting everything anew, after any changes', () => {
    const count = 12;
    const step = fc.tuple(
      fc.constantFrom('add', 'remove', 'request', 'reopen', 'arrive', 'store', 'gone', 'come'),
      fc.nat(3),
      fc.nat(count - 1),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: 'max' }), (steps) => {
        const { picker: swarm, book } = picker(' '.repeat(count), '############', '######      ', '   ###   ###', '            ');
        for (const [kind, holder, piece] of steps) {
          if (kind === 'add') swarm.addPiece(holder, piece);
          if (kind === 'remove') swarm.removePiece(holder, piece);
          if (kind === 'request') swarm.request(piece);
          if (kind === 'reopen') swarm.reopen(piece);
          if (kind === 'arrive') swarm.arrive(piece);
          if (kind === 'store') swarm.store(piece);
          if (kind === 'gone') swarm.removeHolder(holder);
          if (kind === 'come') swarm.addHolder(holder, bits('## ## ## ## '));
          for (let other = 0; other < 4; other++) {
            const open = [...book.open()].filter((candidate) => swarm.holds(other, candidate));
            expect(swarm.openHeldBy(other)).toBe(open.length);
            expect(swarm.pickRarest(other, pieces(99)).sort((a, b) => a - b)).toEqual(open);
            expect(
              swarm.pickInOrder(
                other,
                Int32Array.from({ length: count }, (_, i) => i),
                0,
                pieces(99),
              ),
            ).toEqual(open);
          }
        }
      }),
    );
  });
});
