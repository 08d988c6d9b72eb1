import { describe, expect, it } from '@jest/globals';
import { DrawnSwarm, idOf, NARROW } from './drawn-swarm.fixture.ts';

const TEN_PAGES = '00112233445566778899';
const ALL = '#'.repeat(20);

describe('a wrong piece', () => {
  it('bans its sender for this download, with the evidence, and is fetched elsewhere', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL }, limits: NARROW }).begin();
    const asked = swarm.askedOf('A');
    swarm.sendWrong('A');
    expect(swarm.last('ban')).toEqual({ type: 'ban', peerId: idOf('A'), piece: 0, detail: 'piece 0 had a wrong hash' });
    expect(swarm.host('A')).toMatchObject({ state: 'banned', detail: 'piece 0 had a wrong hash', pieces: 0 });
    expect(swarm.commands.filter((command) => command.type === 'cancel-request')).toHaveLength(asked.length);
    swarm.run({ B: 1 });
    expect(swarm.state).toBe('verifying');
    expect(swarm.host('B').pieces).toBe(20);
  });

  it('keeps its sender away however often it is told of again', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } }).begin();
    swarm.sendWrong('A');
    expect(swarm.tell('A').filter(({ type }) => type === 'probe')).toEqual([]);
    swarm.wait(20_000);
    expect(swarm.state).toBe('failed');
    swarm.apply({ type: 'resume' });
    expect(swarm.tell('A').filter(({ type }) => type === 'probe')).toEqual([]);
  });

  it('is counted against who sent it, not against who was asked for it too', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####', B: '####' } }).begin();
    swarm.sendWrong('B');
    swarm.run({ A: 1 });
    expect([...swarm.banned]).toEqual(['B']);
    expect(swarm.state).toBe('verifying');
  });
});

describe('a host that fails', () => {
  it('has its pages planned again over the others', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL, C: ALL }, limits: NARROW }).begin();
    swarm.send('A', 2);
    swarm.lose('A');
    expect(swarm.host('A')).toMatchObject({ state: 'lost', detail: 'the connection was lost', pieces: 2 });
    swarm.run({ B: 1, C: 1 });
    expect(swarm.state).toBe('verifying');
  });

  it('rests after a failed request and is dropped after the third in a row', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES.repeat(2), hosts: { A: ALL.repeat(2), B: ALL.repeat(2) }, limits: NARROW }).begin();
    for (let strike = 1; strike <= 3; strike++) {
      expect(swarm.askedOf('A').length).toBeGreaterThan(0);
      while (swarm.askedOf('A').length > 0) swarm.end('A', 'failed', 'INTERNAL');
      for (let second = 0; strike < 3 && second < 4; second++) swarm.wait(1_000).send('B', 1);
    }
    expect(swarm.last('drop-host')).toEqual({ type: 'drop-host', peerId: idOf('A'), reason: 'failed by A' });
    expect(swarm.host('A').state).toBe('lost');
    swarm.run({ B: 1 });
    expect(swarm.state).toBe('verifying');
  });

  it('is forgiven with its next good piece', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL }, limits: NARROW }).begin();
    for (let round = 0; round < 6; round++) {
      swarm.end('A', 'failed', 'DEADLINE_EXCEEDED');
      swarm.wait(2_500);
      swarm.send('A', 1);
    }
    expect(swarm.host('A').state).not.toBe('lost');
    expect(swarm.countOf('drop-host')).toBe(0);
  });

  it('fails once when its connection breaks, however many requests that ends', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES.repeat(4), hosts: { A: ALL.repeat(4) } }).begin();
    expect(swarm.requests.size).toBeGreaterThan(3);
    while (swarm.requests.size > 0) swarm.end('A', 'failed', 'CONNECTION_LOST');
    expect(swarm.countOf('drop-host')).toBe(0);
    swarm.wait(1_250).run({ A: 1 });
    expect(swarm.state).toBe('verifying');
  });

  it('cannot make the download spin: a request that ends empty is not repeated at once', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } }).begin();
    let requests = 0;
    for (let i = 0; i < 100; i++) {
      if (swarm.end('A', 'complete').length > 0) requests++;
      swarm.wait(10);
    }
    expect(requests).toBeLessThan(5);
  });

  it('comes back when it is told of again, after a rest', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } }).begin();
    swarm.lose('A');
    expect(swarm.tell('A').filter(({ type }) => type === 'probe')).toEqual([]);
    swarm.wait(1_000);
    expect(swarm.tell('A').filter(({ type }) => type === 'probe')).toHaveLength(1);
  });
});

describe('a host that refuses', () => {
  it('is not asked again for what it does not have, but for everything else', () => {
    const swarm = new DrawnSwarm({ pieces: '0123456789', hosts: { A: '#'.repeat(10) }, limits: NARROW }).begin();
    const [refused] = swarm.end('A', 'refused', 'PIECE_NOT_HERE') as [number];
    swarm.run({ A: 1 }, 10, 200);
    expect(swarm.stored.has(refused)).toBe(false);
    expect(swarm.stored.size).toBe(9);
    expect(swarm.download.status(swarm.now).stalled).toMatchObject({ missingPages: [[refused + 1, 1]] });
    swarm.have('A', refused);
    swarm.run({ A: 1 });
    expect(swarm.state).toBe('verifying');
  });

  it('because it is busy keeps its offer', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' }, limits: NARROW }).begin();
    swarm.end('A', 'refused', 'LIMIT_EXCEEDED');
    swarm.wait(2_500);
    swarm.run({ A: 1 });
    expect(swarm.state).toBe('verifying');
  });
});

describe('a host that falls silent', () => {
  it('is relieved by the others long before 5 s', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL }, limits: NARROW }).begin();
    swarm.run({ B: 1 }, 10, 300);
    expect(swarm.state).toBe('verifying');
    expect(swarm.now).toBeLessThan(1_000);
  });

  it('is stalled after 4 s, also with the bare cascade, and its pages go to the others', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL, B: ALL }, limits: NARROW, strategy: 'cascade' }).begin();
    swarm.run({ B: 1 }, 10, 600);
    expect(swarm.state).toBe('verifying');
    expect(swarm.now).toBeGreaterThan(4_000);
    expect(swarm.now).toBeLessThan(5_000);
  });

  it('is dropped when it stays silent and nobody else is there, not asked anew each time', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } }).begin();
    const requests = swarm.countOf('request');
    swarm.wait(13_000);
    expect(swarm.countOf('request')).toBe(requests);
    expect(swarm.last('drop-host')).toMatchObject({ peerId: idOf('A'), reason: 'it sent nothing for too long' });
    swarm.wait(16_000);
    expect(swarm.state).toBe('failed');
    expect(swarm.last('failed')?.code).toBe('NO_HOSTS');
  });

  it('is waited for longer if its pieces always took long', () => {
    const swarm = new DrawnSwarm({ pieces: TEN_PAGES, hosts: { A: ALL }, limits: NARROW }).begin();
    for (let piece = 0; piece < 6; piece++) {
      swarm.wait(3_900);
      swarm.send('A', 1);
    }
    swarm.wait(8_000);
    expect(swarm.transfer.hosts.at(0).strikes).toBe(0);
    swarm.wait(8_000);
    expect(swarm.transfer.hosts.at(0).strikes).toBeGreaterThan(0);
  });

  it('ends the download with a true reason when hosts live but nobody sends for the starvation window', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '##  ' } }).begin();
    swarm.send('A', 2);
    swarm.wait(59_000);
    expect(swarm.state).toBe('downloading');
    expect(swarm.download.status(swarm.now).stalled).toEqual({ missingPages: [[3, 2]], lastSeenHosts: [] });
    swarm.wait(2_000);
    expect(swarm.last('failed')).toMatchObject({
      code: 'NO_HOSTS',
      detail: expect.stringContaining('No host sends what is missing: 2 of 4 pages (3-4)'),
    });
  });

  it('is named as the last that had what is missing', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '##  ', B: '####' }, limits: NARROW }).begin();
    swarm.lose('B');
    swarm.run({ A: 1 }, 10, 20);
    expect(swarm.download.status(swarm.now).stalled).toEqual({
      missingPages: [[3, 2]],
      lastSeenHosts: [{ peerId: idOf('B'), address: 'B:1', detail: 'the connection was lost' }],
    });
    swarm.wait(61_000);
    expect(swarm.last('failed')).toMatchObject({
      code: 'NO_HOSTS',
      detail:
        'No host sends what is missing: 2 of 4 pages (3-4) and 2 of 4 pieces are missing; B:1 (the connection was lost) had them last',
    });
  });
});

describe('the disk', () => {
  it('that is full pauses the download with that reason; resume fetches the piece again', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } }).begin();
    const [piece] = swarm.send('A', 1, { store: false }) as [number];
    swarm.apply({ type: 'store-failed', piece, code: 'STORE_FULL', detail: 'no space left' });
    expect(swarm.last('paused')).toEqual({ type: 'paused', code: 'STORE_FULL', detail: 'no space left' });
    expect(swarm.download.status(swarm.now)).toMatchObject({ state: 'paused', error: { code: 'STORE_FULL', detail: 'no space left' } });
    expect(swarm.requests.size).toBe(0);
    swarm.apply({ type: 'resume' });
    expect(swarm.download.status(swarm.now).error).toBeUndefined();
    swarm.answerProbes('A');
    swarm.run({ A: 1 });
    expect(swarm.state).toBe('verifying');
  });
});

describe('pause, resume and cancel', () => {
  const inState: Record<string, () => DrawnSwarm> = {
    queued: () => new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } }),
    probing: () => {
      const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } });
      swarm.apply({ type: 'start' });
      swarm.tell('A');
      return swarm;
    },
    downloading: () => new DrawnSwarm({ pieces: '0123', hosts: { A: '####' }, limits: NARROW }).begin(),
    verifying: () => new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } }).begin().run({ A: 1 }),
    paused: () => {
      const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } }).begin();
      swarm.apply({ type: 'pause' });
      return swarm;
    },
    failed: () => {
      const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } });
      swarm.apply({ type: 'start' });
      return swarm.wait(16_000);
    },
  };

  it.each(Object.keys(inState))('work while it is %s', (state) => {
    const swarm = (inState[state] as () => DrawnSwarm)();
    expect(swarm.state).toBe(state);
    swarm.apply({ type: 'pause' });
    expect(swarm.state).toBe(state === 'failed' ? 'failed' : 'paused');
    expect(swarm.requests.size).toBe(0);
    swarm.apply({ type: 'resume' });
    if (swarm.state === 'probing') swarm.meet('A');
    swarm.answerProbes('A');
    swarm.run({ A: 1 });
    expect(swarm.state).toBe('verifying');
    swarm.apply({ type: 'file-verified', md5: '', ok: true });
    expect(swarm.state).toBe('done');
  });

  it.each(Object.keys(inState))('cancel ends it for good while it is %s', (state) => {
    const swarm = (inState[state] as () => DrawnSwarm)();
    swarm.apply({ type: 'cancel' });
    expect(swarm.download.status(swarm.now)).toMatchObject({ state: 'failed', error: { code: 'CANCELLED' } });
    expect(swarm.requests.size).toBe(0);
    expect(swarm.apply({ type: 'resume' })).toEqual([]);
    expect(swarm.apply({ type: 'tick' })).toEqual([]);
  });

  it('takes a piece that comes after the pause', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', hosts: { A: '####' } }).begin();
    swarm.apply({ type: 'pause' });
    swarm.arrive('A', 1, 0, true);
    swarm.store(0);
    swarm.apply({ type: 'resume' });
    swarm.answerProbes('A');
    expect(swarm.picture).toBe('#AAA');
  });

  it('asks nobody by the plan from before the pause while the hosts are probed again', () => {
    const swarm = new DrawnSwarm({
      pieces: '01234567',
      hosts: { A: '########', B: '########' },
      strategy: 'cascade',
      limits: NARROW,
    }).begin();
    swarm.apply({ type: 'pause' });
    swarm.apply({ type: 'resume' });
    swarm.answerProbes('A');
    swarm.have('A', 0);
    expect([swarm.state, swarm.askedOf('A')]).toEqual(['probing', []]);
    swarm.answerProbes('B');
    expect(swarm.picture).toBe('AA....BB');
  });
});

describe('a reader', () => {
  const book = { pieces: TEN_PAGES.repeat(4), hosts: { A: ALL.repeat(4), B: ALL.repeat(4) }, limits: NARROW };

  it('gets what it waits for before everything else', () => {
    const swarm = new DrawnSwarm(book).begin();
    swarm.wait(5).send('A', 1);
    swarm.apply({ type: 'demand', pieces: [[70, 2]] });
    expect([...swarm.askedOf('A'), ...swarm.askedOf('B')]).toEqual(expect.arrayContaining([70, 71]));
  });

  it('gets it also if the download has not begun to ask yet', () => {
    const swarm = new DrawnSwarm(book);
    swarm.apply({ type: 'start' });
    swarm.apply({ type: 'demand', pieces: [[42, 1]] });
    swarm.meet('AB');
    expect([...swarm.requests.values()][0]?.pieces).toEqual([42]);
  });

  it('gets it from a faster host too when the asked one is slow', () => {
    const swarm = new DrawnSwarm(book).begin();
    const slow = swarm.askedOf('B')[0] as number;
    for (let i = 0; i < 30; i++) swarm.wait(10).send('A', 1);
    swarm.apply({ type: 'demand', pieces: [[slow, 1]] });
    expect(swarm.askedOf('A')).toContain(slow);
    expect(swarm.picture[slow]).toBe('*');
    while (!swarm.stored.has(slow)) swarm.wait(10).send('A', 1);
    expect(swarm.askedOf('B')).not.toContain(slow);
  });

  it('that is gone has no say any more, and of two the other still has', () => {
    const swarm = new DrawnSwarm({ ...book, hosts: { A: ALL.repeat(4) } });
    swarm.apply({ type: 'start' });
    swarm.apply({ type: 'demand', pieces: [[40, 2]] });
    swarm.apply({ type: 'demand', pieces: [[41, 1]] });
    swarm.apply({ type: 'demand-over', pieces: [[40, 2]] });
    swarm.meet('A');
    expect([...swarm.requests.values()][0]?.pieces).toEqual([41]);
  });

  it('can ask for pieces that the download did not want, also when that is done', () => {
    const swarm = new DrawnSwarm({ pieces: '0123', wanted: '##  ', hosts: { A: '####' } }).begin();
    swarm.run({ A: 1 });
    expect(swarm.state).toBe('done');
    swarm.apply({ type: 'demand', pieces: [[3, 1]] });
    expect(swarm.state).toBe('probing');
    swarm.answerProbes('A');
    expect(swarm.picture).toBe('##.A');
    swarm.run({ A: 1 });
    expect(swarm.state).toBe('done');
  });

  it('that demands everything does not make the download ask for everything at once', () => {
    const pieces = 400;
    const swarm = new DrawnSwarm({
      pieces: '0'.repeat(pieces),
      hosts: { A: '#'.repeat(pieces) },
      limits: { demandBurstBytes: 2 ** 18 },
    }).begin();
    swarm.apply({ type: 'demand', pieces: [[0, pieces]] });
    swarm.wait(3_000);
    expect(swarm.askedOf('A').length).toBeLessThanOrEqual(32);
  });
});
