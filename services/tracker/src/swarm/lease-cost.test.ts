import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { ManualClock } from '@pageswarm/primitives';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { SETTLED_PER_TURN } from '../catalog/holder-ledger.ts';
import { hostsOf } from './document-view.ts';
import { HostTable } from './host-table.ts';
import { HEARTBEATS_PER_LEASE, SWEEPS_PER_LEASE, SwarmService } from './swarm.service.ts';

const LEASE_MS = 30_000;
const [large, other] = [samplePeer(1), samplePeer(2)];
const silent = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });

/** A tracker with one peer that holds so many documents, and another one that holds them all too. */
async function trackerOf(documents: number) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const catalog = new Catalog();
  const hosts = new HostTable(clock, LEASE_MS);
  const meter = { announced: () => {}, handedOut: () => {} };
  const reachability = { reach: async () => true };
  const options = { trackerId: samplePeer(99), maxHandout: 50 };
  const service = new SwarmService(catalog, hosts, reachability, clock, meter, silent, options);
  for (const peer of [large, other]) await service.join(peer, { transport: { port: 7_185 } }, { host: '10.0.0.1', port: 1 });
  for (let n = 0; n < documents; n++)
    for (const peer of [large, other]) catalog.announce(peer, sampleFacts(n), { have: 40, complete: true });
  const told: string[] = [];
  catalog.onChange(({ kind }) => void told.push(kind));
  hosts.onChange((kind) => void told.push(kind));
  return { clock, catalog, hosts, service, told };
}

describe('a heartbeat', () => {
  it.each([1, 700])('of a peer with %i documents writes its lease and nothing else', async (documents) => {
    const { clock, catalog, hosts, service, told } = await trackerOf(documents);
    const before = catalog.holdingWrites;
    const others = [...hosts.all()].map((host) => ({ ...host }));
    clock.advance(10_000);
    await service.renew(large);
    expect([catalog.holdingWrites - before, told]).toEqual([0, []]);
    const written = [...hosts.all()].filter((host) => !others.some((one) => JSON.stringify(one) === JSON.stringify(host)));
    expect(written.map(({ peerId }) => peerId)).toEqual([large]);
  });
});

describe('a peer that stops', () => {
  it('is gone from everything within two missed beats, for two writes for each of its documents', async () => {
    const documents = 2 * SETTLED_PER_TURN + 1;
    const { clock, catalog, hosts, service, told } = await trackerOf(documents);
    catalog.announce(other, sampleFacts(documents), { have: 40, complete: true });
    await service.renew(other);
    const before = catalog.holdingWrites;
    told.length = 0;
    // The third beat would come now; meanwhile the other one renews.
    const lateness = LEASE_MS / SWEEPS_PER_LEASE;
    clock.advance(LEASE_MS - 1);
    await service.renew(other);
    clock.advance(1 + lateness);
    service.sweep();
    expect(LEASE_MS + lateness).toBeLessThan(3 * Math.floor(LEASE_MS / HEARTBEATS_PER_LEASE));
    expect(hosts.get(large)).toBeUndefined();
    for (const record of catalog.all()) {
      expect(hostsOf(record, hosts).map(({ peerId }) => peerId)).toEqual([other]);
      expect([record.holdings.has(large), record.listedSeeders]).toEqual([false, 1]);
    }
    while (catalog.countOf(large) > 0) await new Promise(setImmediate);
    expect([...catalog.all()].every(({ listedHosts }) => listedHosts === 1)).toBe(true);
    expect(catalog.holdingWrites - before).toBe(2 * documents);
    expect(told.filter((kind) => kind === 'hosted')).toHaveLength(documents);
  });
});
