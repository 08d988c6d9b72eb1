import { describe, expect, it } from '@jest/globals';
import { AnnouncedDocumentSchema, AnnounceReplySchema, DocumentSchema } from '@pageswarm/contracts';
import { createLogger } from '@pageswarm/observability';
import { ManualClock } from '@pageswarm/primitives';
import { sampleFacts, samplePeer, UNKNOWN_INSPECTION } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { documentView } from './document-view.ts';
import { HostTable } from './host-table.ts';
import { HEARTBEATS_PER_LEASE, SWEEPS_PER_LEASE, SwarmService } from './swarm.service.ts';

const LEASE_MS = 30_000;
const [ann, bob, eve] = [samplePeer(1), samplePeer(2), samplePeer(3)];
const connection = { host: '::ffff:10.0.0.9', port: 55_555 };
const transport = { port: 7_185 };

/** What peer `n` announces of document `d`. */
const told = (d: number, more: object = {}) => {
  const { addedBy: _, addedAt: __, inspection: ___, ...identity } = sampleFacts(d);
  return AnnouncedDocumentSchema.parse({ ...identity, ...UNKNOWN_INSPECTION, complete: true, have: 40, ...more });
};

function tracker(maxHandout = 50) {
  const clock = new ManualClock(Date.UTC(2026, 0, 1));
  const catalog = new Catalog();
  const hosts = new HostTable(clock, LEASE_MS);
  /** Addresses that answer, and who answers there. */
  const network = new Map<string, string>();
  const counts: Record<string, number> = {};
  const meter = {
    announced: (kind: string) => {
      counts[kind] = (counts[kind] ?? 0) + 1;
    },
    handedOut: () => {},
  };
  const reachability = {
    reach: async ({ host, port }: { host: string; port: number }, peerId: string) => network.get(`${host}:${port}`) === peerId,
  };
  const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
  const service = new SwarmService(catalog, hosts, reachability, clock, meter, logger, { trackerId: samplePeer(99), maxHandout });
  /** A peer joins from an address of its own and is reached there. */
  const join = (peerId: typeof ann, zone?: string) => {
    const host = `10.0.0.${Number.parseInt(peerId, 16)}`;
    network.set(`${host}:7185`, peerId);
    return service.join(peerId, { transport, zone }, { host, port: 1 });
  };
  return { clock, catalog, hosts, network, counts, service, join };
}

describe('joining', () => {
  it('takes the address of the connection unless the peer insists on another', async () => {
    const { service } = tracker();
    expect((await service.join(ann, { transport }, connection)).address).toBe('10.0.0.9:7185');
    expect((await service.join(ann, { transport: { host: '::1', port: 1 } }, connection)).address).toBe('[::1]:1');
  });

  it('asks for a heartbeat more than twice in a lease', async () => {
    expect(await tracker().join(ann)).toMatchObject({ leaseMs: LEASE_MS, heartbeatMs: 12_000, reachable: true });
  });

  it('lists a peer once it is reached, also at a later heartbeat', async () => {
    const { service, network, catalog } = tracker();
    expect(await service.join(ann, { transport }, connection)).toMatchObject({ reachable: false });
    service.announce(ann, { documents: [told(1)] });
    expect(catalog.get(sampleFacts(1).id)?.listedHosts).toBe(0);
    network.set('10.0.0.9:7185', ann);
    expect(await service.renew(ann)).toEqual({ leaseMs: LEASE_MS, reachable: true });
    expect(catalog.get(sampleFacts(1).id)?.listedHosts).toBe(1);
  });

  it('takes a peer off the list that moved to where nobody answers', async () => {
    const { service, join, catalog } = tracker();
    await join(ann);
    service.announce(ann, { documents: [told(1)] });
    await service.join(ann, { transport: { port: 1 } }, connection);
    expect(catalog.get(sampleFacts(1).id)?.listedHosts).toBe(0);
  });
});

describe('announcing', () => {
  it('takes the good documents, and says what is wrong with the others, also when there is no good one', async () => {
    const { service, join, counts } = tracker();
    await join(ann);
    const bad = told(1, { have: 99 });
    const refused = [{ id: bad.id, code: 'INVALID_REQUEST', detail: expect.stringContaining('99') }];
    const reply = service.announce(ann, { documents: [bad, told(2)] });
    expect(AnnounceReplySchema.parse(reply)).toMatchObject({ documents: [{ name: 'document 2.pdf' }], refused });
    expect(service.announce(ann, { documents: [bad] })).toEqual({ documents: [], refused });
    expect(() => service.announce(bob, { documents: [bad] })).toThrow(expect.objectContaining({ code: 'PEER_NOT_FOUND' }));
    expect(counts).toEqual({ added: 1, refused: 2 });
  });

  it('believes no moment in the future', async () => {
    const { service, join, catalog, clock } = tracker();
    await join(ann);
    service.announce(ann, { documents: [told(1, { addedAt: '2099-01-01T00:00:00Z' }), told(2, { addedAt: '2020-01-01T00:00:00Z' })] });
    expect(catalog.get(sampleFacts(1).id)?.addedAt).toBe(clock.now());
    expect(catalog.get(sampleFacts(2).id)?.addedAt).toBe(Date.UTC(2020, 0, 1));
  });

  it('shows the document in the agreed shape', async () => {
    const { service, join, catalog, hosts } = tracker();
    await join(ann);
    service.announce(ann, { documents: [told(1)] });
    const record = catalog.get(sampleFacts(1).id);
    const view = documentView(record as never, hosts);
    expect(DocumentSchema.parse(view)).toEqual(view);
  });
});

describe('time', () => {
  it('forgets a silent peer after two missed heartbeats, before the third is due, and forgives one', async () => {
    const { service, join, hosts, clock } = tracker();
    const { heartbeatMs } = await join(ann);
    clock.advance(2 * heartbeatMs);
    service.sweep();
    expect(hosts.get(ann)).toBeDefined();
    await service.renew(ann);
    clock.advance(2 * heartbeatMs);
    service.sweep();
    expect(hosts.get(ann)).toBeDefined();
    const lateness = LEASE_MS / SWEEPS_PER_LEASE;
    clock.advance(LEASE_MS + lateness - 2 * heartbeatMs);
    service.sweep();
    expect(hosts.get(ann)).toBeUndefined();
    expect(LEASE_MS + lateness).toBeLessThan(3 * heartbeatMs);
    expect(HEARTBEATS_PER_LEASE).toBeGreaterThan(2);
  });

  it('takes the documents of a silent peer off the list when its lease ends', async () => {
    const { service, join, catalog, clock } = tracker();
    await Promise.all([join(ann), join(bob)]);
    for (const peer of [ann, bob]) service.announce(peer, { documents: [told(1)] });
    clock.advance(LEASE_MS - 1);
    await service.renew(bob);
    clock.advance(1);
    service.sweep();
    expect([...(catalog.get(sampleFacts(1).id)?.holdings.keys() ?? [])]).toEqual([bob]);
    await expect(service.renew(ann)).rejects.toMatchObject({ code: 'PEER_NOT_FOUND' });
  });

  it('forgets what a peer that joined again does not announce again within a lease', async () => {
    const { service, join, catalog, clock } = tracker();
    await join(ann);
    service.announce(ann, { documents: [told(1), told(2)] });
    await join(ann);
    service.announce(ann, { documents: [told(2)] });
    expect(catalog.countOf(ann)).toBe(2);
    clock.advance(LEASE_MS - 1);
    await service.renew(ann);
    clock.advance(1);
    service.sweep();
    expect([...catalog.documentsOf(ann)].map(({ name }) => name)).toEqual(['document 2.pdf']);
  });
});

describe('hosts of a snapshot', () => {
  const restored = async () => {
    const parts = tracker();
    for (const peerId of [ann, bob]) {
      const address = { host: `10.0.0.${Number.parseInt(peerId, 16)}`, port: 7_185 };
      parts.hosts.restore({ peerId, name: undefined, zone: undefined, address, httpAddress: undefined });
      parts.catalog.restore(sampleFacts(1), { completed: 0, holdings: [[peerId, 40, true]] }, 0);
    }
    const handedOut = () => parts.service.handOut(eve, sampleFacts(1).id).hosts.map(({ peerId }) => peerId);
    return { ...parts, handedOut };
  };

  it('are not handed out before they renew', async () => {
    const { service, handedOut } = await restored();
    expect(handedOut()).toEqual([]);
    await service.renew(bob);
    expect(handedOut()).toEqual([bob]);
  });

  it('are handed out when they answer, and may still renew when they do not', async () => {
    const { service, handedOut, network } = await restored();
    network.set('10.0.0.1:7185', ann);
    await service.confirmRestored();
    expect(handedOut()).toEqual([ann]);
    await service.renew(bob);
    expect(handedOut()).toHaveLength(2);
  });
});

describe('handing out', () => {
  it('gives at most the limit, near ones first, by any hash', async () => {
    const { service, join } = tracker(2);
    await Promise.all([join(ann, 'north'), join(bob, 'south'), join(eve, 'south'), join(samplePeer(4), 'south')]);
    for (const peer of [ann, bob, eve]) service.announce(peer, { documents: [told(1)] });
    const hosts = service.handOut(samplePeer(4), sampleFacts(1).infoHashV2.toUpperCase()).hosts;
    expect(hosts.map(({ peerId }) => peerId).sort()).toEqual([bob, eve]);
    expect(() => service.handOut(ann, 'ab'.repeat(20))).toThrow(expect.objectContaining({ code: 'DOCUMENT_NOT_FOUND' }));
  });
});
