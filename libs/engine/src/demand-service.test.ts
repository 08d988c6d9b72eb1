import { describe, expect, it } from '@jest/globals';
import { LEAF_BLOCK_BYTES } from '@pageswarm/primitives';
import { DrawnSwarm, idOf, type SwarmDrawing } from './drawn-swarm.fixture.ts';
import { HEARTBEAT_MS } from './limits.ts';
import { STRATEGY_NAMES } from './strategy-names.ts';

const PIECES = 200;
const ALL = '#'.repeat(PIECES);
/** Ten pages of twenty pieces: a request is a run of four pieces, and 16 pieces are asked of a host that nothing is known of. */
const BOOK = { pieces: Array.from({ length: PIECES }, (_, piece) => Math.floor(piece / 20)).join(''), hosts: { A: ALL, B: ALL } };

/** A reader wants these pieces of a download that has not begun to ask. */
function opened(pieces: [first: number, count: number], drawing: Partial<SwarmDrawing> = {}): DrawnSwarm {
  const swarm = new DrawnSwarm({ ...BOOK, ...drawing });
  swarm.apply({ type: 'start' });
  swarm.apply({ type: 'demand', pieces: [pieces] });
  swarm.meet(Object.keys(drawing.hosts ?? BOOK.hosts).join(''));
  return swarm;
}

const withdrawn = (swarm: DrawnSwarm, letter: string) =>
  swarm.commands.filter(
    (command) =>
      command.type === 'cancel-request' && command.peerId === idOf(letter) && command.reason === 'a reader waits for something else',
  ).length;

const asked = (swarm: DrawnSwarm) => [...swarm.askedOf('A'), ...swarm.askedOf('B')].sort((a, b) => a - b);

describe('a page that a reader waits for', () => {
  it('comes from all hosts at once, in runs of 64 KiB', () => {
    expect(opened([40, 16]).picture.slice(40, 56)).toBe('AAAABBBBAAAABBBB');
  });

  it('comes from who has it', () => {
    const onlyB = `${' '.repeat(50)}##`.padEnd(PIECES);
    const swarm = opened([48, 6], { hosts: { A: `${ALL.slice(0, 50)}  ${ALL.slice(52)}`, B: onlyB } });
    expect(swarm.picture.slice(48, 54)).toBe('AABBAA');
  });

  it('is not asked for all at once when it is large', () => {
    const swarm = opened([0, PIECES], { limits: { demandBurstBytes: 10 * LEAF_BLOCK_BYTES, minInFlightBytes: 0, maxInFlightBytes: 0 } });
    expect(asked(swarm)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe('while a page is on its way to a reader', () => {
  it('nothing else is asked, and then everything else is', () => {
    const swarm = opened([40, 8]);
    expect(asked(swarm)).toEqual([40, 41, 42, 43, 44, 45, 46, 47]);
    swarm.wait(20).send('A', 4);
    expect(asked(swarm)).toEqual([44, 45, 46, 47]);
    swarm.send('B', 4);
    expect(asked(swarm).length).toBeGreaterThan(16);
  });

  it('the way to the disk counts: what has come and is not stored cannot be read', () => {
    const swarm = opened([40, 4]);
    expect(swarm.wait(20).send('A', 4, { store: false })).toEqual([40, 41, 42, 43]);
    expect(asked(swarm)).toEqual([]);
    for (const piece of [40, 41, 42, 43]) swarm.store(piece);
    expect(asked(swarm).length).toBeGreaterThan(16);
  });

  it('hosts wait no longer than the limit for one that is silent', () => {
    // Between two heartbeats.
    const swarm = opened([40, 8], { limits: { demandHoldMs: 1.5 * HEARTBEAT_MS } });
    swarm.send('A', 4);
    swarm.wait(1.5 * HEARTBEAT_MS - 1);
    // What the silent one owes is asked again.
    for (const piece of swarm.askedOf('A')) expect([44, 45, 46, 47]).toContain(piece);
    swarm.wait(1);
    expect(swarm.askedOf('A').length).toBeGreaterThan(8);
  });

  it('hosts go on at once when the reader goes away', () => {
    const swarm = opened([40, 8]);
    swarm.apply({ type: 'demand-over', pieces: [[40, 8]] });
    expect(asked(swarm).length).toBeGreaterThan(16);
  });

  it('hosts go on when its host is lost and nobody else has it', () => {
    const swarm = opened([40, 4], { hosts: { A: ALL, B: `${' '.repeat(44)}${ALL.slice(44)}` } });
    expect(swarm.askedOf('B')).toEqual([]);
    swarm.lose('A');
    expect(swarm.askedOf('B').length).toBeGreaterThan(8);
  });

  it('hosts go on if none has it', () => {
    const swarm = opened([40, 4], { hosts: { A: ALL.slice(0, 40).padEnd(PIECES) } });
    expect(swarm.askedOf('A').length).toBeGreaterThan(8);
  });
});

describe('readers one after the other', () => {
  const readOn = (swarm: DrawnSwarm, first: number) => {
    swarm.apply({ type: 'demand', pieces: [[first, 4]] });
    return asked(swarm).filter((piece) => piece < first || piece >= first + 4).length;
  };

  it('do not keep hosts idle for more than a tenth of the time', () => {
    const swarm = opened([100, 4]);
    swarm.wait(100).send('A', 4);
    expect(readOn(swarm, 120)).toBeGreaterThan(16);
    for (let ms = 0; ms < 900; ms += 100) {
      swarm.wait(100);
      for (const letter of 'AB') swarm.send(letter, 1);
    }
    // What is left beside the page has been asked before, and may be on its way.
    expect(readOn(swarm, 140)).toBeLessThanOrEqual(8);
  });
});

describe('what a host was asked for before a reader came', () => {
  it('is taken back where it has not begun, and asked for again behind the page in the same order', () => {
    const swarm = new DrawnSwarm({ ...BOOK, hosts: { A: ALL } }).begin();
    const before = swarm.askedOf('A');
    expect(before).toHaveLength(16);
    swarm.wait(5).beginRequest('A');
    swarm.apply({ type: 'demand', pieces: [[100, 4]] });
    // The first request is on its way.
    expect(swarm.askedOf('A')).toEqual([...before.slice(0, 4), 100, 101, 102, 103]);
    expect(withdrawn(swarm, 'A')).toBe(3);
    swarm.wait(30).send('A', 8);
    expect(swarm.askedOf('A').slice(0, 12)).toEqual(before.slice(4));
    swarm.run({ A: 1 });
    expect(swarm.download.status(swarm.now).bytesReceived).toBe(PIECES * LEAF_BLOCK_BYTES);
  });

  it('stays as far as it may be on its way already', () => {
    const swarm = new DrawnSwarm({ ...BOOK, hosts: { A: ALL } });
    // What a host at 1 MiB/s sends within 100 ms is 6.4 pieces.
    swarm.latency.set('A', 100);
    swarm.begin();
    const before = swarm.askedOf('A');
    swarm.apply({ type: 'demand', pieces: [[100, 4]] });
    expect(swarm.askedOf('A')).toEqual([...before.slice(0, 8), 100, 101, 102, 103]);
  });

  it('stays where the host is so fast that it would not keep a reader waiting', () => {
    const swarm = new DrawnSwarm({ ...BOOK, hosts: { A: ALL }, limits: { demandQueueMs: 50 } }).begin();
    for (let ms = 0; ms < 5; ms++) swarm.wait(1).send('A', 16);
    swarm.apply({ type: 'demand', pieces: [[190, 4]] });
    expect(withdrawn(swarm, 'A')).toBe(0);
  });

  it('stays where the reader waits for it', () => {
    const swarm = new DrawnSwarm({ ...BOOK, hosts: { A: ALL } }).begin();
    swarm.apply({ type: 'demand', pieces: [[0, 16]] });
    expect(withdrawn(swarm, 'A')).toBe(0);
    expect(swarm.askedOf('A')).toHaveLength(16);
  });

  it('stays at a host that has nothing for the reader', () => {
    const swarm = new DrawnSwarm({ ...BOOK, hosts: { A: ALL, B: ALL.slice(0, 150).padEnd(PIECES) } }).begin();
    swarm.apply({ type: 'demand', pieces: [[180, 4]] });
    expect(withdrawn(swarm, 'A')).toBe(3);
    expect(withdrawn(swarm, 'B')).toBe(0);
  });

  it.each(STRATEGY_NAMES)('is not forgotten and does not come twice (%s)', (strategy) => {
    const swarm = new DrawnSwarm({ ...BOOK, strategy }).begin();
    for (const first of [60, 180, 100]) {
      swarm.wait(10);
      for (const letter of 'AB') {
        swarm.beginRequest(letter);
        swarm.send(letter, 1);
      }
      swarm.apply({ type: 'demand', pieces: [[first, 10]] });
    }
    expect(withdrawn(swarm, 'A') + withdrawn(swarm, 'B')).toBeGreaterThan(0);
    swarm.run({ A: 1, B: 1 });
    expect(swarm.state).toBe('verifying');
    expect(swarm.download.status(swarm.now).bytesReceived).toBe(PIECES * LEAF_BLOCK_BYTES);
  });
});

describe('a slow host that got its part of a page', () => {
  /** Eight pieces each, in two requests; A sends a piece every 10 ms and B one every `msOfB`. */
  const read = (msOfB: number, before: (swarm: DrawnSwarm) => void = () => undefined) => {
    const swarm = opened([40, 16]);
    before(swarm);
    for (let ms = 10; ms <= 200; ms += 10) {
      swarm.wait(10).send('A', 1);
      if (ms % msOfB === 0) swarm.send('B', 1);
    }
    return swarm;
  };
  const relieved = (swarm: DrawnSwarm) =>
    swarm.commands.filter(({ type, ...command }) => type === 'cancel-request' && 'reason' in command && command.reason === SOONER).length;
  const SOONER = 'a reader gets it sooner from another host';

  it('is relieved by one that has nothing left to do for the reader', () => {
    const swarm = read(100);
    expect(relieved(swarm)).toBe(1);
    expect(swarm.askedOf('B')).toEqual([46, 47]);
    expect(swarm.askedOf('A')).toEqual([52, 53, 54, 55]);
  });

  it('keeps what it has begun to send', () => {
    const swarm = read(100, (swarm) => {
      const [requestId] = [...swarm.requests].findLast(([, { letter }]) => letter === 'B') as [number, unknown];
      swarm.apply({ type: 'request-begun', requestId, peerId: idOf('B') });
    });
    expect(relieved(swarm)).toBe(0);
    expect(swarm.askedOf('B')).toEqual([46, 47, 52, 53, 54, 55]);
  });

  it('keeps what it brings nearly as soon', () => {
    expect(relieved(read(20))).toBe(0);
  });
});
