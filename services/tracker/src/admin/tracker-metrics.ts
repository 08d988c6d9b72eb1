import type { Clock } from '@pageswarm/primitives';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { BittorrentTracker } from '../bittorrent/bittorrent.service.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { CatalogSharing } from '../sharing/catalog-sharing.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import { type HostTable, PEER_STATES } from '../swarm/host-table.ts';
import type { SearchMeter } from '../swarm/listing.ts';
import type { SwarmMeter } from '../swarm/swarm.service.ts';
import type { LiveEvents } from './live-events.ts';

/** What the counting side of the metrics offers to those who do the work. */
export interface TrackerMeters {
  readonly swarm: SwarmMeter;
  readonly search: SearchMeter;
}

/** Counters that grow as work is done. */
export function createTrackerMeters(registry: Registry, clock: Clock): TrackerMeters {
  const registers = [registry];
  const announces = new Counter({
    name: 'pageswarm_tracker_announces_total',
    help: 'Documents that peers announced: new to the catalog, known already, or refused.',
    labelNames: ['kind'],
    registers,
  });
  const handouts = new Counter({ name: 'pageswarm_tracker_handouts_total', help: 'Answers that named hosts of a document.', registers });
  const handedOut = new Counter({
    name: 'pageswarm_tracker_handed_out_hosts_total',
    help: 'Hosts that those answers named, together.',
    registers,
  });
  const searches = new Histogram({
    name: 'pageswarm_tracker_search_seconds',
    help: 'Time that one search of the catalog takes.',
    buckets: [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5],
    registers,
  });
  return {
    swarm: {
      announced: (kind) => announces.inc({ kind }),
      handedOut: (hosts) => {
        handouts.inc();
        handedOut.inc(hosts);
      },
    },
    search: (search) => {
      const started = clock.monotonic();
      try {
        return search();
      } finally {
        searches.observe((clock.monotonic() - started) / 1_000);
      }
    },
  };
}

export interface MeasuredParts {
  readonly catalog: Catalog;
  readonly hosts: HostTable;
  readonly bittorrent: BittorrentTracker;
  readonly events: LiveEvents;
  readonly snapshotter: Snapshotter;
  readonly sharing: CatalogSharing | undefined;
}

/** Gauges that are read when somebody asks. */
export function measureTracker(registry: Registry, { catalog, hosts, bittorrent, events, snapshotter, sharing }: MeasuredParts): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge('pageswarm_tracker_documents', 'Listed documents.', () => catalog.size);
  gauge('pageswarm_tracker_document_bytes', 'Size of all listed documents together.', () => catalog.totalBytes);
  gauge('pageswarm_tracker_bittorrent_peers', 'BitTorrent peers of all listed documents.', () => bittorrent.peerCount);
  gauge('pageswarm_tracker_event_readers', 'Readers of the event stream.', () => events.readerCount);
  gauge('pageswarm_tracker_snapshot_up', '1 while the copy of the catalog is kept, 0 while it cannot be saved or there is no store.', () =>
    snapshotter.status().state === 'ok' ? 1 : 0,
  );
  gauge('pageswarm_tracker_snapshot_restored', '1 when all of the copy is in the catalog, 0 while some of it is still to come.', () =>
    Number(snapshotter.isRestored),
  );
  gauge('pageswarm_tracker_snapshot_pending_entries', 'Changes that are not saved yet.', () => snapshotter.status().pending);
  gauge(
    'pageswarm_tracker_snapshot_lag_seconds',
    'How long the oldest unsaved change has waited.',
    () => snapshotter.status().lagMs / 1_000,
  );
  gauge(
    'pageswarm_tracker_snapshot_unreadable_entries',
    "Entries of the copy that are not of this version's making and were left alone.",
    () => snapshotter.status().unreadable,
  );
  gauge('pageswarm_tracker_sharing_trackers', 'Other trackers that run and share the catalog.', () => sharing?.trackerCount ?? 0);
  gauge('pageswarm_tracker_sharing_peers', 'Peers that other trackers vouch for.', () => sharing?.peerCount ?? 0);
  new Gauge({
    name: 'pageswarm_tracker_hosts',
    help: 'Peers that hold a lease by state.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      for (const state of PEER_STATES) this.set({ state }, hosts.count(state));
    },
  });
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  counter('pageswarm_tracker_snapshot_failures_total', 'Steps of the snapshot that failed.', () => snapshotter.status().failures);
  counter(
    'pageswarm_tracker_snapshot_saved_entries_total',
    'Entries that were written to or removed from the copy.',
    () => snapshotter.status().savedEntries,
  );
  counter(
    'pageswarm_tracker_snapshot_saved_bytes_total',
    'Bytes of the entries that were written to the copy.',
    () => snapshotter.status().savedBytes,
  );
}
