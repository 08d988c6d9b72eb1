import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DrawnSwarm, idOf, letterOf, NARROW, type SwarmDrawing } from './drawn-swarm.fixture.ts';
import { STRATEGY_NAMES } from './strategy-names.ts';

const LETTERS = ['A', 'B', 'C', 'D'];

/** A document of 1 to 24 pieces, hosts that have all or some of it, any strategy. */
const drawings: fc.Arbitrary<SwarmDrawing> = fc.integer({ min: 1, max: 24 }).chain((pieces) => {
  const marks = (chars: string[]) =>
    fc.array(fc.constantFrom(...chars), { minLength: pieces, maxLength: pieces }).map((list) => list.join(''));
  const offer = fc.oneof(fc.constant('#'.repeat(pieces)), marks(['#', ' ']));
  return fc.record({
    pieces: marks(['0', '1', '2', '3', 's', 'r']),
    have: fc.oneof(fc.constant(' '.repeat(pieces)), marks(['#', ' ', ' '])),
    wanted: fc.oneof(fc.constant('#'.repeat(pieces)), marks(['#', '#', ' '])),
    hosts: fc.record({ A: offer, B: offer, C: offer, D: offer }),
    strategy: fc.constantFrom(...STRATEGY_NAMES),
    limits: fc.constantFrom({}, NARROW, { ...NARROW, maxUnstoredBytes: 65_536 }, { maxHosts: 2 }),
  });
});

type Act = readonly [kind: string, letter: string, number: number];
const KINDS = [
  ...[
    'send',
    'send',
    'send',
    'send',
    'send',
    'send late',
    'begin',
    'arrive only',
    'store again',
    'lie',
    'stray',
    'refuse',
    'busy',
    'fail',
    'complete',
  ],
  ...[
    'lose',
    'tell',
    'tell all',
    'probe',
    'dead',
    'have',
    'wait',
    'wait long',
    'demand',
    'demand over',
    'pause',
    'resume',
    'store failed',
    'verified',
  ],
];
const acts: fc.Arbitrary<Act[]> = fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.constantFrom(...LETTERS), fc.nat(23)), {
  maxLength: 80,
  size: 'max',
});

/** Plays one act; what makes no sense at the moment has to do no harm. */
function play(swarm: DrawnSwarm, [kind, letter, number]: Act, pieces: number, unstored: Set<number>, liars: Set<string>): void {
  const piece = number % pieces;
  const asked = swarm.askedOf(letter).length > 0;
  switch (kind) {
    case 'send':
      swarm.send(letter, 1 + (number % 4));
      return;
    case 'begin':
      swarm.beginRequest(letter);
      return;
    case 'arrive only':
      for (const arrived of swarm.send(letter, 1, { store: false })) unstored.add(arrived);
      return;
    case 'send late':
      // From a request that is not known any more: the bytes are good all the same.
      swarm.arrive(letter, 1_000_000, piece, true);
      if (!swarm.stored.has(piece)) unstored.add(piece);
      return;
    case 'store again':
      for (const waiting of unstored) swarm.store(waiting);
      unstored.clear();
      return;
    case 'store failed': {
      const [waiting] = unstored;
      if (waiting === undefined) return;
      unstored.delete(waiting);
      swarm.apply({ type: 'store-failed', piece: waiting, code: 'STORE_FULL', detail: 'full' });
      return;
    }
    case 'lie':
      if (!asked) return;
      liars.add(letter);
      swarm.sendWrong(letter);
      return;
    case 'stray':
      swarm.apply({ type: 'piece-arrived', requestId: number, peerId: idOf('Z'), piece: number * 7, verified: false, bytes: 5 });
      return;
    case 'refuse':
      swarm.end(letter, 'refused');
      return;
    case 'busy':
      swarm.end(letter, 'refused', 'LIMIT_EXCEEDED');
      return;
    case 'fail':
      swarm.end(letter, 'failed', 'INTERNAL');
      return;
    case 'complete':
      swarm.end(letter, 'complete');
      return;
    case 'lose':
      swarm.lose(letter);
      return;
    case 'tell':
      swarm.tell(letter);
      return;
    case 'tell all':
      swarm.tell(LETTERS.join(''));
      return;
    case 'probe':
      swarm.answerProbes(letter);
      return;
    case 'dead':
      swarm.apply({ type: 'probed', peerId: idOf(letter), latencyMs: null });
      return;
    case 'have':
      swarm.have(letter, piece);
      return;
    case 'wait':
      swarm.wait(number * 20);
      return;
    case 'wait long':
      swarm.wait(number * 500);
      return;
    case 'demand':
      swarm.apply({ type: 'demand', pieces: [[piece, 1 + (number % 3)]] });
      return;
    case 'demand over':
      swarm.apply({ type: 'demand-over', pieces: [[piece, 1 + (number % 3)]] });
      return;
    case 'pause':
    case 'resume':
      swarm.apply({ type: kind });
      return;
    case 'verified':
      swarm.apply({ type: 'file-verified', md5: '', ok: true });
      return;
    default:
      throw new Error(`no such act: ${kind}`);
  }
}

/** An honest host with everything stays until the end: whatever happened before, the download has to come to a good end. */
function comeToAnEnd(swarm: DrawnSwarm, pieces: number, unstored: Set<number>): void {
  for (const waiting of unstored) swarm.store(waiting);
  swarm.draw('Z', '#'.repeat(pieces));
  for (let round = 0; round < 400 && swarm.state !== 'done'; round++) {
    if (swarm.state === 'paused' || swarm.state === 'failed') swarm.apply({ type: 'resume' });
    if (swarm.state === 'queued') swarm.apply({ type: 'start' });
    if (swarm.state === 'verifying') swarm.apply({ type: 'file-verified', md5: '', ok: true });
    swarm.tell('Z');
    swarm.answerProbes('Z');
    swarm.wait(100);
    swarm.send('Z', 8);
  }
}

describe('in any order of events', () => {
  it('the invariants hold, nobody honest is banned, and an honest host always completes the download', () => {
    fc.assert(
      fc.property(drawings, acts, (drawing, list) => {
        const swarm = new DrawnSwarm(drawing);
        const unstored = new Set<number>();
        const liars = new Set<string>();
        swarm.apply({ type: 'start' });
        for (const act of list) play(swarm, act, drawing.pieces.length, unstored, liars);
        comeToAnEnd(swarm, drawing.pieces.length, unstored);
        expect(swarm.state).toBe('done');
        for (const letter of swarm.banned) expect(liars).toContain(letter);
        for (const command of swarm.commands) if (command.type === 'ban') expect(LETTERS).toContain(letterOf(command.peerId));
        expect(swarm.download.status(swarm.now).pieces).toEqual({
          have: swarm.download.status(swarm.now).pieces.total,
          total: swarm.download.status(swarm.now).pieces.total,
        });
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  it('a piece is asked of one host at a time, unless a reader waits for it or nothing else is left to ask', () => {
    fc.assert(
      fc.property(
        drawings,
        fc.array(fc.tuple(fc.constantFrom(...LETTERS), fc.nat(200)), { maxLength: 60, size: 'max' }),
        (drawing, list) => {
          const swarm = new DrawnSwarm({ ...drawing, strategy: 'adaptive' });
          swarm.begin();
          for (const [letter, ms] of list) {
            swarm.wait(ms);
            const before = swarm.picture;
            swarm.send(letter, 1);
            const { book, picker, hosts, ledger } = swarm.transfer;
            for (let piece = 0; piece < book.count; piece++) {
              if (ledger.timesAsked(piece) < 2 || before[piece] === '*') continue;
              const helper = hosts.at(ledger.askedOf(piece)[1]?.host as number);
              expect(picker.openHeldBy(helper.index)).toBe(0);
            }
          }
        },
      ),
      { numRuns: 200 },
    );
  }, 120_000);
});
