import { describe, expect, it } from '@jest/globals';
import { ManualClock } from '@pageswarm/primitives';
import { samplePeer } from '../catalog/catalog.sample.ts';
import { type HostFacts, HostTable } from './host-table.ts';

const LEASE_MS = 30_000;
const facts = (n: number, port = 7_000 + n): HostFacts => ({
  peerId: samplePeer(n),
  name: `peer ${n}`,
  zone: undefined,
  address: { host: '10.0.0.1', port },
  httpAddress: undefined,
});

function tableWith(...numbers: number[]) {
  const clock = new ManualClock(1_000_000);
  const table = new HostTable(clock, LEASE_MS, 3);
  for (const n of numbers) table.join(facts(n));
  return { clock, table };
}

describe('a peer that renews at another tracker', () => {
  it('is listed on its word, and its own word here counts more', () => {
    const { table } = tableWith(1);
    table.adopt(facts(1, 9), 'unreachable');
    expect(table.get(samplePeer(1))).toMatchObject({ isOwn: true, address: { port: 7_001 } });
    table.adopt(facts(2), 'live');
    expect(table.get(samplePeer(2))).toMatchObject({ isOwn: false, state: 'live' });
    table.adopt(facts(2, 9), 'unreachable');
    expect(table.get(samplePeer(2))).toMatchObject({ isOwn: false, state: 'unreachable', address: { port: 9 } });
    table.renew(samplePeer(2));
    expect(table.get(samplePeer(2))).toMatchObject({ isOwn: true });
  });

  it('stays while somebody vouches for it, also when it renewed here before', () => {
    const { clock, table } = tableWith(1, 2);
    table.adopt(facts(3), 'live');
    const vouched = new Set([samplePeer(2), samplePeer(3)]);
    table.keepWhile((peerId) => vouched.has(peerId));
    clock.advance(LEASE_MS);
    expect(table.expire().map(({ peerId }) => peerId)).toEqual([samplePeer(1)]);
    expect(table.get(samplePeer(2))?.isOwn).toBe(false);
    vouched.clear();
    clock.advance(LEASE_MS);
    expect(table.expire().map(({ peerId }) => peerId)).toEqual([samplePeer(2), samplePeer(3)]);
  });

  it('has one lease to show up once it is in doubt', () => {
    const { clock, table } = tableWith(1);
    table.adopt(facts(2), 'live');
    clock.advance(LEASE_MS - 1);
    table.doubt(samplePeer(1));
    table.doubt(samplePeer(2));
    expect([1, 2].map((n) => table.get(samplePeer(n))?.state)).toEqual(['unreachable', 'unconfirmed']);
    clock.advance(LEASE_MS - 1);
    expect(table.expire().map(({ peerId }) => peerId)).toEqual([samplePeer(1)]);
    clock.advance(1);
    expect(table.expire().map(({ peerId }) => peerId)).toEqual([samplePeer(2)]);
  });

  it('takes no room beyond the limit', () => {
    const { table } = tableWith(1, 2, 3);
    table.adopt(facts(4), 'live');
    expect(table.size).toBe(3);
  });
});

describe('a lease', () => {
  it('ends when it is not renewed, and lives on when it is', () => {
    const { clock, table } = tableWith(1, 2);
    clock.advance(LEASE_MS - 1);
    table.renew(samplePeer(1));
    clock.advance(1);
    expect(table.expire().map(({ peerId }) => peerId)).toEqual([samplePeer(2)]);
    expect(table.get(samplePeer(1))?.lastSeen).toBe(1_000_000 + LEASE_MS - 1);
    expect(table.renew(samplePeer(2))).toBeUndefined();
  });

  it('ends for all that ran out, in the order of their renewals', () => {
    const { clock, table } = tableWith(1, 2, 3);
    clock.advance(10);
    table.renew(samplePeer(1));
    clock.advance(LEASE_MS);
    expect(table.expire().map(({ peerId }) => peerId)).toEqual([samplePeer(2), samplePeer(3), samplePeer(1)]);
    expect(table.size).toBe(0);
  });

  it('is refused beyond the limit, but not to those who hold one', () => {
    const { table } = tableWith(1, 2, 3);
    expect(() => table.join(facts(4))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    expect(() => table.join(facts(3))).not.toThrow();
  });
});

describe('the state of a peer', () => {
  it('is unreachable until its address was reached', () => {
    const { table } = tableWith(1);
    const record = table.get(samplePeer(1));
    expect(record?.state).toBe('unreachable');
    table.setState(record as never, 'live');
    expect([table.count('live'), table.count('unreachable')]).toEqual([1, 0]);
  });

  it('stays when it joins again from the same address, and falls when it moved', () => {
    const { table } = tableWith(1);
    table.setState(table.get(samplePeer(1)) as never, 'live');
    expect(table.join(facts(1)).state).toBe('live');
    expect(table.join(facts(1, 9_999)).state).toBe('unreachable');
  });

  it('ignores a check that was begun before the peer moved', () => {
    const { table } = tableWith(1);
    const old = table.get(samplePeer(1)) as never;
    table.join(facts(1, 9_999));
    table.setState(old, 'live');
    expect(table.get(samplePeer(1))?.state).toBe('unreachable');
  });

  it('is unconfirmed when it comes from a snapshot, unless the peer is back already', () => {
    const { table } = tableWith(1);
    table.restore(facts(1));
    table.restore(facts(2));
    expect([table.get(samplePeer(1))?.state, table.get(samplePeer(2))?.state]).toEqual(['unreachable', 'unconfirmed']);
  });

  it('is told to listeners', () => {
    const { table } = tableWith();
    const log: string[] = [];
    table.onChange((kind, { name }) => void log.push(`${kind} ${name}`));
    table.setState(table.join(facts(1)), 'live');
    table.leave(samplePeer(1));
    expect(log).toEqual(['joined peer 1', 'state peer 1', 'left peer 1']);
  });
});
