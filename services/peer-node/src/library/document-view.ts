import type { Host, PeerDocument } from '@pageswarm/contracts';
import { isInspectionPending } from './inspection-state.ts';
import type { LocalDocument } from './local-document.ts';

/** A document of this node as the REST interface shows it; this node is its only listed host. */
export function viewOfDocument(document: LocalDocument, self: Pick<Host, 'peerId' | 'address'>, now: number): PeerDocument {
  const { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, inspection, addedBy, addedAt, complete } = document.record;
  const host: Host = { ...self, complete, pieces: document.have.count, lastSeen: new Date(now).toISOString() };
  const shown = { id, name, aliases, size, md5, infoHashV1, infoHashV2, pieceLength, ...inspection, addedBy, addedAt, hosts: [host] };
  return { ...shown, inspection: isInspectionPending(document) ? 'pending' : 'done' };
}
