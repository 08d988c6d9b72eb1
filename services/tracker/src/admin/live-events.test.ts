import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ServerSentEvent } from '@pageswarm/http';
import { ManualClock } from '@pageswarm/primitives';
import { sampleFacts, samplePeer } from '../catalog/catalog.sample.ts';
import { Catalog } from '../catalog/catalog.ts';
import { DocumentSearch } from '../search/document-search.ts';
import { HostTable } from '../swarm/host-table.ts';
import { Listing } from '../swarm/listing.ts';
import { MAX_EVENT_BACKLOG } from './event-log.ts';
import { EVENTS_PER_TURN, LiveEvents, MAX_EVENT_READERS } from './live-events.ts';

const ann = samplePeer(1);
const all = { have: 40, complete: true };
const place = { peerId: ann, name: 'ann', zone: undefined, address: { host: 'a', port: 1 }, httpAddress: undefined };

describe('live events', () => {
  let catalog: Catalog;
  let hosts: HostTable;
  let events: LiveEvents;
  beforeEach(() => {
    catalog = new Catalog();
    hosts = new HostTable(new ManualClock(), 1_000);
    events = new LiveEvents(catalog, hosts, new Listing(catalog, hosts, new DocumentSearch(catalog), (search) => search()), 'now');
  });
  afterEach(() => events.stop());

  /** What a reader is told, as `type what`. */
  const reader = (lastId?: string) => {
    const told: ServerSentEvent[] = [];
    const stop = events.subscribe((event) => void told.push(event), lastId);
    const lines = () => told.map(({ type, data }) => `${type} ${(data as { name?: string }).name ?? ''}`.trim());
    return { told, stop, lines };
  };

  it('gather what happens to one document or peer into one event', () => {
    const { lines } = reader();
    hosts.setState(hosts.join(place), 'live');
    catalog.announce(ann, sampleFacts(1), { have: 1, complete: false });
    for (let have = 2; have < 40; have++) catalog.progress(ann, sampleFacts(1).id, { have, complete: false });
    events.flush();
    catalog.progress(ann, sampleFacts(1).id, all);
    events.flush();
    hosts.leave(ann);
    catalog.remove(sampleFacts(1).id);
    events.flush();
    expect(lines()).toEqual([
      'peer.joined ann',
      'document.added document 1.pdf',
      'document.changed document 1.pdf',
      'peer.left',
      'document.removed',
    ]);
  });

  it('tell a document that was replaced within one interval as changed', () => {
    catalog.announce(ann, sampleFacts(1), all);
    events.flush();
    const { lines } = reader();
    catalog.remove(sampleFacts(1).id);
    catalog.announce(ann, sampleFacts(1), all);
    events.flush();
    expect(lines()).toEqual(['document.changed document 1.pdf']);
  });

  it('tell a reader that comes back what it missed, as it stands now', () => {
    const first = reader();
    catalog.announce(ann, sampleFacts(1), all);
    events.flush();
    first.stop();
    catalog.announce(ann, sampleFacts(2), all);
    events.flush();
    catalog.remove(sampleFacts(2).id);
    expect(reader(first.told[0]?.id).lines()).toEqual(['document.added', 'document.removed']);
  });

  it.each(['earlier-1', 'now-99', 'now-x', '', 'now'])('ask a reader with the id %j to begin again', (id) => {
    expect(reader(id).lines()).toEqual(['reset']);
  });

  it('tell very many changes a few at a time, each once', async () => {
    const { told, lines } = reader();
    for (let n = 0; n <= EVENTS_PER_TURN; n++) catalog.announce(ann, sampleFacts(n), all);
    events.flush();
    expect(told).toHaveLength(EVENTS_PER_TURN);
    catalog.remove(sampleFacts(0).id);
    for (let tries = 0; told.length < EVENTS_PER_TURN + 2 && tries < 100; tries++) await sleep(10);
    expect(lines().slice(-2)).toEqual([`document.added document ${EVENTS_PER_TURN}.pdf`, 'document.removed']);
    expect(new Set(told.map(({ id }) => id)).size).toBe(EVENTS_PER_TURN + 2);
  });

  it('ask all readers to begin again when more happens at once than a backlog holds, and go on from there', () => {
    const { told, lines } = reader();
    catalog.announce(ann, sampleFacts(0), all);
    events.flush();
    for (let n = 1; n <= MAX_EVENT_BACKLOG + 10; n++) catalog.announce(ann, sampleFacts(n), all);
    events.flush();
    expect(lines()).toEqual(['document.added document 0.pdf', 'reset']);
    expect(reader(told[0]?.id).lines()).toEqual(['reset']);
    const later = reader(told[1]?.id);
    catalog.remove(sampleFacts(5).id);
    events.flush();
    expect([later.lines(), lines().slice(2)]).toEqual([['document.removed'], ['document.removed']]);
  }, 30_000);

  it('are none while nobody may watch', () => {
    events.sleep();
    catalog.announce(ann, sampleFacts(1), all);
    events.wake();
    const { lines } = reader();
    catalog.announce(ann, sampleFacts(2), all);
    events.flush();
    expect(lines()).toEqual(['document.added document 2.pdf']);
  });

  it('take no more readers than the limit', () => {
    const stops = Array.from({ length: MAX_EVENT_READERS }, () => reader().stop);
    expect(() => reader()).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    stops[0]?.();
    expect(() => reader()).not.toThrow();
  });
});
