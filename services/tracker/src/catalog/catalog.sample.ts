// Documents and peers for tests, made from small numbers.
import { createHash } from 'node:crypto';
import type { Inspection } from '@pageswarm/contracts';
import { documentId, infoHashV1, infoHashV2, md5, type PeerId, peerId } from '@pageswarm/primitives';
import type { DocumentFacts, DocumentRecord } from './document-record.ts';

export const UNKNOWN_INSPECTION: Inspection = {
  pages: null,
  words: null,
  extractor: null,
  title: null,
  author: null,
  mapped: false,
  mapReason: null,
  encrypted: false,
  needsPassword: false,
  error: null,
};

/** Peer number `n`. */
export function samplePeer(n: number): PeerId {
  return peerId(n.toString(16).padStart(40, '0'));
}

/** Document number `n`: 40 pieces of 16 KiB, added by peer 1 at second `n`. */
export function sampleFacts(n: number, changes: Partial<DocumentFacts> = {}): DocumentFacts {
  const digits = (purpose: string, length: number) => createHash('sha256').update(`${purpose} ${n}`).digest('hex').slice(0, length);
  return {
    id: documentId(digits('root', 64)),
    name: `document ${n}.pdf`,
    size: 40 * 16_384,
    pieceLength: 16_384,
    md5: md5(digits('md5', 32)),
    infoHashV1: infoHashV1(digits('v1', 40)),
    infoHashV2: infoHashV2(digits('v2', 64)),
    addedBy: samplePeer(1),
    addedAt: n * 1_000,
    aliases: [],
    inspection: UNKNOWN_INSPECTION,
    ...changes,
  };
}

/** A record as a plain object, for comparing: records themselves are read from the catalog's tables when they are asked. */
export function plainRecord(record: DocumentRecord) {
  const { slot, id, name, size, pieceLength, md5, infoHashV1, infoHashV2, addedBy, addedAt, aliases, inspection, completed } = record;
  const { holdings, listedHosts, hostlessSince } = record;
  const identity = { slot, id, name, size, pieceLength, md5, infoHashV1, infoHashV2, addedBy, addedAt };
  return { ...identity, aliases, inspection, completed, holdings, listedHosts, hostlessSince };
}
