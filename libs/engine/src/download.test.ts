import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError, LEAF_BLOCK_BYTES } from '@pageswarm/primitives';
import { DrawnSwarm, idOf, NARROW } from './drawn-swarm.fixture.ts';

const TEN_PAGES = '00112233445566778899';
const ALL = '#'.repeat(20);

const ALL_NINE = '#'.repeat(9);

describe('finding hosts', () => {
  it('looks for hosts, then probes all of them at once', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####', B: '####', C: '##  ' } });
    expect(swarm.apply({ type: 'start' }).map(({ type }) => type)).toEqual(['find-hosts', 'wake-at']);
    expect(swarm.state).toBe('probing');
    const probes = swarm.tell('ABC').filter(({ type }) => type === 'probe');
    expect(probes).toEqual(['A', 'B', 'C'].map((letter) => ({ type: 'probe', peerId: idOf(letter), address: `${letter}:1` })));
  });

  it('begins as soon as the last probe is answered', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####', B: '####' } });
    swarm.apply({ type: 'start' });
    swarm.tell('AB');
    swarm.answerProbes('B');
    expect(swarm.state).toBe('probing');
    swarm.apply({ type: 'probed', peerId: idOf('A'), latencyMs: null, detail: 'connection refused' });
    expect(swarm.state).toBe('downloading');
    expect(swarm.host('A')).toMatchObject({ state: 'dead', detail: 'connection refused' });
    expect(swarm.picture).toBe('BBBB');
  });

  it('waits for slow probes only within the probe window, and lets late hosts join', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL }, limits: NARROW });
    swarm.apply({ type: 'start' });
    swarm.tell('AB');
    swarm.answerProbes('B');
    swarm.wait(999);
    expect(swarm.state).toBe('probing');
    swarm.wait(251);
    expect(swarm.state).toBe('downloading');
    swarm.send('B', 2);
    swarm.answerProbes('A');
    expect(swarm.askedOf('A').length).toBeGreaterThan(0);
  });

  it('gives a host up that does not answer its probe in time', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } });
    swarm.apply({ type: 'start' });
    swarm.tell('A');
    swarm.wait(5_300);
    expect(swarm.host('A').state).toBe('dead');
  });

  it('sets its alarm again when it rings a little early, as timers do', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } });
    const alarm = swarm.apply({ type: 'start' }).find((command) => command.type === 'wake-at');
    expect(alarm?.at).toBeGreaterThan(0.5);
    swarm.wait((alarm?.at ?? 0) - 0.5);
    expect(swarm.apply({ type: 'tick' }).map(({ type }) => type)).toContain('wake-at');
  });

  it('takes no more hosts at a time than the limit', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####', B: '####', C: '####' }, limits: { maxHosts: 2 } });
    swarm.apply({ type: 'start' });
    expect(swarm.tell('ABC').filter(({ type }) => type === 'probe')).toHaveLength(2);
  });

  it('fails with NO_HOSTS after the search window, and says how much is missing and why the search failed', () => {
    const swarm = new DrawnSwarm({ pieces: '00112233', have: '##      ', hosts: {} });
    swarm.apply({ type: 'start' });
    for (let i = 0; i < 20 && swarm.state === 'probing'; i++) {
      swarm.apply({ type: 'hosts-lookup-failed', code: 'TRACKER_UNAVAILABLE', detail: 'no tracker answers' });
      swarm.wait(1_000);
    }
    expect(swarm.state).toBe('failed');
    expect(swarm.now).toBeLessThan(17_000);
    expect(swarm.last('failed')).toEqual({
      type: 'failed',
      code: 'NO_HOSTS',
      detail: 'No host is left: 3 of 4 pages (2-4) and 6 of 8 pieces are missing; the last search for hosts failed: no tracker answers',
    });
    expect(swarm.countOf('find-hosts')).toBeGreaterThan(5);
    expect(swarm.countOf('find-hosts')).toBeLessThan(15);
  });

  it('keeps what it has when it fails, and goes on from there when it is resumed', () => {
    const swarm = new DrawnSwarm({ pieces: '00112233', hosts: { A: '########' }, limits: NARROW }).begin();
    swarm.send('A', 4);
    swarm.lose('A');
    expect(swarm.state).toBe('probing');
    swarm.wait(16_000);
    expect(swarm.state).toBe('failed');
    expect(swarm.download.status(swarm.now)).toMatchObject({ pieces: { have: 4, total: 8 }, error: { code: 'NO_HOSTS' } });
    expect(swarm.apply({ type: 'resume' }).map(({ type }) => type)).toContain('find-hosts');
    swarm.meet('A');
    expect(swarm.picture.slice(0, 4)).toBe('####');
    swarm.run({ A: 1 });
    expect(swarm.state).toBe('verifying');
  });

  it('asks for hosts again while it runs, ever more rarely', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL }, limits: NARROW }).begin();
    const lookups: number[] = [];
    for (let round = 0; round < 400; round++) {
      const before = swarm.countOf('find-hosts');
      swarm.wait(100);
      if (swarm.countOf('find-hosts') > before) {
        lookups.push(swarm.now);
        swarm.tell('A');
      }
      if (round % 30 === 0) swarm.send('A', 1);
    }
    expect(lookups.length).toBeGreaterThan(2);
    const pauses = lookups.slice(1).map((at, i) => at - (lookups[i] as number));
    expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
  });
});

describe('the opening plan', () => {
  it('gives the fastest host the structure first and most pages, in order, and shares the rest out', () => {
    const swarm = new DrawnSwarm({
      pieces: '00112233445566778899ssrrrr',
      hosts: { A: '#'.repeat(26), B: '#'.repeat(26) },
      limits: NARROW,
    }).begin();
    expect(swarm.picture).toBe('................BB..AA....');
    expect(swarm.host('A')).toMatchObject({ share: 0.75, plannedPages: [[1, 8]], latencyMs: 1 });
    expect(swarm.host('B')).toMatchObject({ share: 0.25, plannedPages: [[9, 2]] });
    expect(swarm.send('A', 4)).toEqual([20, 21, 0, 1]);
  });

  it('gives three hosts 58.33, 25 and 16.67 percent of the pages', () => {
    const swarm = new DrawnSwarm({ pieces: '0123456789', hosts: { A: '#'.repeat(10), B: '#'.repeat(10), C: '#'.repeat(10) } }).begin();
    expect(swarm.host('A')).toMatchObject({ plannedPages: [[1, 6]] });
    expect(swarm.host('B')).toMatchObject({ plannedPages: [[7, 2]] });
    expect(swarm.host('C')).toMatchObject({ plannedPages: [[9, 2]] });
    expect(swarm.picture).toBe('AAAAAABBCC');
  });

  it('ranks by latency, whatever the order in which the hosts were told and answered', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####', B: '####' } });
    swarm.latency.set('A', 80);
    swarm.begin('AB');
    expect(swarm.picture).toBe('BBBA');
  });

  it('plans only the pages that are still to come', () => {
    const swarm = new DrawnSwarm({ pieces: '0123456789', have: '#### #### ', hosts: { A: '#'.repeat(10), B: '#'.repeat(10) } }).begin();
    expect(swarm.picture).toBe('####A####A');
    expect(swarm.host('A').plannedPages).toEqual([
      [5, 1],
      [10, 1],
    ]);
  });
});

describe('requests', () => {
  it('ask for 256 KiB ahead of a host that has shown nothing yet', () => {
    const swarm = new DrawnSwarm({ pieces: '0'.repeat(100), hosts: { A: '#'.repeat(100) } }).begin();
    expect(swarm.askedOf('A')).toHaveLength(16);
  });

  it.each(['rarest-first', 'sequential'] as const)('share a small document out to all hosts when nothing is planned (%s)', (strategy) => {
    const swarm = new DrawnSwarm({ pieces: '0'.repeat(9), hosts: { A: ALL_NINE, B: ALL_NINE, C: ALL_NINE }, strategy }).begin();
    expect(['A', 'B', 'C'].map((letter) => swarm.askedOf(letter).length)).toEqual([3, 3, 3]);
  });

  it('ask a fast host for more, up to the limits of a request and of a host', () => {
    const pieces = 4_000;
    const swarm = new DrawnSwarm({ pieces: '0'.repeat(pieces), hosts: { A: '#'.repeat(pieces) }, checked: false }).begin();
    for (let ms = 0; ms < 20; ms++) {
      swarm.now++;
      swarm.send('A', 64);
    }
    expect(swarm.askedOf('A').length * LEAF_BLOCK_BYTES).toBeGreaterThan(7 * 2 ** 20);
    expect(swarm.askedOf('A').length * LEAF_BLOCK_BYTES).toBeLessThanOrEqual(8 * 2 ** 20);
    const sizes = swarm.commands.map((command) => (command.type === 'request' ? command.pieces.length : 0));
    expect(Math.max(...sizes)).toBe(64);
  });

  it('ask for no more of all hosts together than the limit', () => {
    const hosts = Object.fromEntries(['A', 'B', 'C', 'D'].map((letter) => [letter, '#'.repeat(200)]));
    const limits = { maxTotalInFlightBytes: 40 * LEAF_BLOCK_BYTES };
    const swarm = new DrawnSwarm({ pieces: '0123456789'.repeat(20), hosts, limits }).begin();
    const inFlight = [...'ABCD'].reduce((sum, letter) => sum + swarm.askedOf(letter).length, 0);
    expect(inFlight).toBeGreaterThanOrEqual(40);
    expect(inFlight).toBeLessThan(40 + 16);
  });

  it('stop while the disk is behind, and go on when it has caught up', () => {
    const swarm = new DrawnSwarm({
      pieces: '0'.repeat(40),
      hosts: { A: '#'.repeat(40) },
      limits: { ...NARROW, maxUnstoredBytes: 4 * LEAF_BLOCK_BYTES },
    }).begin();
    const arrived = swarm.send('A', 10, { store: false });
    expect(arrived.length).toBeLessThanOrEqual(6);
    expect(swarm.askedOf('A')).toEqual([]);
    for (const piece of arrived) swarm.store(piece);
    expect(swarm.askedOf('A').length).toBeGreaterThan(0);
  });
});

describe('work between hosts', () => {
  it('moves from the tail of the host that would finish last to one that ran dry', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL }, limits: NARROW }).begin();
    expect(swarm.host('B').plannedPages).toEqual([[9, 2]]);
    const sent: number[] = [];
    for (let ms = 0; ms < 8; ms++) {
      swarm.wait(10);
      sent.push(...swarm.send('B', 1));
      swarm.send('A', 1);
    }
    expect(sent.slice(0, 4)).toEqual([16, 17, 18, 19]);
    // Then pages of A, from the back of its run.
    expect(sent.length).toBe(8);
    for (const piece of sent.slice(4)) expect(piece).toBeGreaterThanOrEqual(8);
  });

  it('moves from the front when the one that ran dry is much faster, so that what is wanted first comes first', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL }, limits: NARROW }).begin();
    const sent: number[] = [];
    for (let ms = 0; ms < 8; ms++) {
      swarm.wait(10);
      sent.push(...swarm.send('B', 1));
      if (ms % 4 === 3) swarm.send('A', 1);
    }
    expect(sent.slice(0, 4)).toEqual([16, 17, 18, 19]);
    expect(sent.length).toBe(8);
    for (const piece of sent.slice(4)) expect(piece).toBeLessThan(8);
  });

  it('stays with a host that has only begun, for its first bytes are late for everybody', () => {
    const limits = { ...NARROW, trialMs: 150 };
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL }, limits }).begin();
    const sent: number[] = [];
    for (let ms = 0; ms < 12; ms++) {
      swarm.wait(10);
      sent.push(...swarm.send('B', 1));
    }
    expect(sent).toEqual([16, 17, 18, 19]);
    swarm.wait(300);
    expect(swarm.askedOf('B').length).toBeGreaterThan(0);
  });

  it('stays as planned with the bare cascade', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL }, limits: NARROW, strategy: 'cascade' }).begin();
    for (let ms = 0; ms < 20; ms++) {
      swarm.wait(10);
      swarm.send('B', 1);
    }
    expect(swarm.picture).toBe('AA..............####');
    swarm.meet('B');
    expect(swarm.askedOf('B')).toEqual([]);
  });

  it('is planned again over the others when a host of the bare cascade fails', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL, C: ALL }, limits: NARROW, strategy: 'cascade' }).begin();
    expect(swarm.host('A').plannedPages).toEqual([[1, 6]]);
    swarm.lose('A');
    swarm.run({ B: 1, C: 1 });
    expect(swarm.state).toBe('verifying');
    // The 12 pieces of A: 9 to B, 3 to C.
    expect(swarm.host('B').pieces).toBe(4 + 9);
    expect(swarm.host('C').pieces).toBe(4 + 3);
  });

  it('reaches a host that appears in the middle of the download', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL }, limits: NARROW }).begin();
    swarm.wait(10).send('A', 2);
    swarm.draw('B', ALL);
    swarm.meet('B');
    swarm.run({ A: 1, B: 1 });
    expect(swarm.state).toBe('verifying');
    expect(swarm.host('B').pieces).toBeGreaterThan(5);
    expect(swarm.host('B').plannedPages).toEqual([]);
  });

  it('asks partial holders only for what they have, complete ones for what nobody else has', () => {
    const swarm = new DrawnSwarm({
      pieces: '0123456789',
      hosts: { A: '##########', B: '#####     ', C: '   ##     ' },
      limits: NARROW,
    }).begin();
    expect(swarm.askedOf('A').every((piece) => piece >= 5)).toBe(true);
    expect(swarm.askedOf('B').every((piece) => piece <= 4)).toBe(true);
    expect(swarm.askedOf('C').every((piece) => piece === 3 || piece === 4)).toBe(true);
    swarm.run({ A: 1, B: 1, C: 1 });
    expect(swarm.state).toBe('verifying');
  });

  it('asks a partial holder for what it got meanwhile', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '    ' } }).begin();
    expect(swarm.picture).toBe('....');
    swarm.have('A', 2);
    expect(swarm.picture).toBe('..A.');
    swarm.have('A', 0);
    swarm.send('A', 2);
    expect(swarm.picture).toBe('#.#.');
  });

  it('asks for the rarest pieces first among partial holders', () => {
    const swarm = new DrawnSwarm({
      pieces: '01234567',
      hosts: { A: '########', B: '####### ', C: '#####   ', D: '####    ' },
      strategy: 'rarest-first',
      limits: NARROW,
    }).begin('BCDA');
    expect(swarm.askedOf('A')).toContain(7);
    expect(swarm.askedOf('B')).toEqual(expect.arrayContaining([5, 6]));
    expect(swarm.askedOf('C')[0]).toBe(4);
  });

  it('takes pages in order from whoever has room with the sequential strategy', () => {
    const swarm = new DrawnSwarm({
      pieces: '3322110s',
      hosts: { A: '########', B: '########' },
      strategy: 'sequential',
      limits: NARROW,
    }).begin();
    expect(swarm.picture).toBe('....BBAA');
    swarm.send('A', 1);
    expect(swarm.askedOf('A')).toContain(2);
  });
});

describe('the end of a download', () => {
  it('asks nothing twice of equally fast hosts', () => {
    const swarm = new DrawnSwarm({
      pieces: TEN_PAGES.repeat(10),
      hosts: { A: ALL.repeat(10), B: ALL.repeat(10), C: ALL.repeat(10) },
    }).begin();
    swarm.run({ A: 2, B: 2, C: 2 });
    expect(swarm.state).toBe('verifying');
    expect(swarm.download.status(swarm.now).bytesReceived).toBe(200 * LEAF_BLOCK_BYTES);
    expect(swarm.commands.filter((command) => command.type === 'request').flatMap((command) => command.pieces)).toHaveLength(200);
  });

  it('asks a fast host for the last pieces of a slow one, and takes the request of the slow one back', () => {
    const swarm = new DrawnSwarm({ pieces: '0123456789'.repeat(4), hosts: { A: '#'.repeat(40), B: '#'.repeat(40) } }).begin();
    for (let round = 0; round < 300 && swarm.state === 'downloading'; round++) {
      swarm.wait(10);
      swarm.send('A', 1);
      if (round % 40 === 39) swarm.send('B', 1);
    }
    expect(swarm.state).toBe('verifying');
    expect(swarm.now).toBeLessThan(1_000);
    expect(swarm.commands.some((command) => command.type === 'cancel-request' && command.peerId === idOf('B'))).toBe(true);
    expect(swarm.download.status(swarm.now).bytesReceived).toBe(40 * LEAF_BLOCK_BYTES);
  });

  it('verifies the file as a whole, then is done', () => {
    const swarm = new DrawnSwarm({ pieces: '012', hosts: { A: '###' } }).begin();
    swarm.run({ A: 1 });
    expect(swarm.countOf('verify-file')).toBe(1);
    expect(swarm.apply({ type: 'file-verified', md5: 'x', ok: true })).toEqual([{ type: 'done' }]);
    expect(swarm.download.status(swarm.now)).toMatchObject({ state: 'done', pages: { ready: 3, total: 3 }, rate: 0 });
  });

  it('fails with DOCUMENT_CORRUPT when the whole is not what it should be', () => {
    const swarm = new DrawnSwarm({ pieces: '012', hosts: { A: '###' } }).begin();
    swarm.run({ A: 1 });
    expect(swarm.apply({ type: 'file-verified', md5: 'abc', ok: false })).toMatchObject([{ type: 'failed', code: 'DOCUMENT_CORRUPT' }]);
  });

  it('verifies at once what is complete already', () => {
    const swarm = new DrawnSwarm({ pieces: '012', have: '###', hosts: {} });
    expect(swarm.apply({ type: 'start' })).toEqual([{ type: 'verify-file' }]);
  });

  it('ends a download of some pages without a verification of the file', () => {
    const swarm = new DrawnSwarm({ pieces: 's0123', wanted: '##  #', hosts: { A: '#####' } }).begin();
    expect(swarm.picture).toBe('AA..A');
    swarm.run({ A: 1 });
    expect(swarm.state).toBe('done');
    expect(swarm.countOf('verify-file')).toBe(0);
    expect(swarm.download.status(swarm.now)).toMatchObject({
      pieces: { have: 3, total: 3 },
      pages: { ready: 2, total: 2 },
      readyPages: [
        [1, 1],
        [4, 1],
      ],
    });
  });
});

describe('a spec that contradicts itself', () => {
  it('is refused', () => {
    const build = () => new DrawnSwarm({ pieces: '0123', have: '##', hosts: {} });
    expect(build).toThrow('A document of 4 pieces cannot have a bitfield of 2');
    try {
      build();
    } catch (error) {
      expect(isPageSwarmError(error) && error.code).toBe('INVALID_REQUEST');
    }
  });
});
