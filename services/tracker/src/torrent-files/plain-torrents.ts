import type { Clock, DocumentId, InfoHashV1 } from '@pageswarm/primitives';
import type { Notes } from '../access/notes.ts';

/**
 * The info-hashes of plain v1 torrents that were given out. Such a torrent has another info dictionary than the hybrid one,
 * so its clients announce another hash, which nothing in the catalog leads to.
 */
export class PlainTorrents {
  constructor(
    private readonly notes: Notes,
    private readonly clock: Clock,
  ) {}

  documentOf(infoHash: string): DocumentId | undefined {
    return this.notes.get('plain v1', infoHash)?.text as DocumentId | undefined;
  }

  /** From now on announces of the hash are those of the document. @throws PageSwarmError LIMIT_EXCEEDED */
  give(infoHash: InfoHashV1, id: DocumentId): void {
    if (this.documentOf(infoHash) !== id) this.notes.put({ kind: 'plain v1', subject: infoHash, text: id, since: this.clock.now() });
  }
}
