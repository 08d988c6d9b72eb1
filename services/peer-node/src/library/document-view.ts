import type { Document, Host } from '@pageswarm/contracts';
import type { LocalDocument } from './local-document.ts';

/** A document of this node as the REST interface shows it; this node is its only listed host. */
export function viewOfDocument(document: LocalDocument, self: Pick<Host, 'peerId' | 'address'>, now: number): Document {
  const { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, inspection, addedBy, addedAt, complete } = document.record;
  const host: Host = { ...self, complete, pieces: document.have.count, lastSeen: new Date(now).toISOString() };
  return { id, name, aliases, size, md5, infoHashV1, infoHashV2, pieceLength, ...inspection, addedBy, addedAt, hosts: [host] };
}
