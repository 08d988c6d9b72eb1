import type { Document, Host } from '@pageswarm/contracts';
import { formatEndpoint } from '@pageswarm/primitives';
import type { DocumentRecord } from '../catalog/document-record.ts';
import type { HostTable } from './host-table.ts';

/** The hosts of a document that others may see: those that are live. */
export function hostsOf(record: DocumentRecord, table: HostTable): Host[] {
  const hosts: Host[] = [];
  for (const [peerId, { have, complete }] of record.holdings) {
    const host = table.get(peerId);
    if (host?.state !== 'live') continue;
    hosts.push({
      peerId,
      address: formatEndpoint(host.address),
      complete,
      pieces: have,
      lastSeen: new Date(host.lastSeen).toISOString(),
      ...(host.httpAddress && { httpAddress: formatEndpoint(host.httpAddress) }),
    });
  }
  return hosts;
}

/** A document as every list and every detail shows it. */
export function documentView(record: DocumentRecord, table: HostTable): Document {
  const { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, inspection, addedBy, addedAt, completed } = record;
  return {
    ...{ id, name, aliases: [...aliases], size, pieceLength, md5, infoHashV1, infoHashV2 },
    ...inspection,
    addedBy,
    addedAt: new Date(addedAt).toISOString(),
    hosts: hostsOf(record, table),
    completed,
  };
}
