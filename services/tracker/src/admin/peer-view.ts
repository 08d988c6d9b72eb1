import { formatEndpoint } from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import type { HostRecord } from '../swarm/host-table.ts';
import type { Peer } from './tracker-shapes.ts';

/** A peer as the admin lists and events show it. */
export function peerView(record: HostRecord, catalog: Catalog): Peer {
  const { peerId, name, zone, address, httpAddress, state, joinedAt, lastSeen } = record;
  return {
    peerId,
    name: name ?? null,
    zone: zone ?? null,
    address: formatEndpoint(address),
    httpAddress: httpAddress ? formatEndpoint(httpAddress) : null,
    state,
    documents: catalog.countOf(peerId),
    joinedAt: new Date(joinedAt).toISOString(),
    lastSeen: new Date(lastSeen).toISOString(),
  };
}
