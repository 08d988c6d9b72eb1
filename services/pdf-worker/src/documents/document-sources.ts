import { type DocumentId, type Endpoint, formatEndpoint } from '@pageswarm/primitives';
import type { PublishedMap } from '../extract/page-view.ts';
import { fetchPageMap } from './peer-page-map.ts';
import { type BytesClient, peerPieces } from './peer-pieces.ts';
import { PieceCache } from './piece-cache.ts';
import { SwarmByteSource } from './swarm-byte-source.ts';

/** The most documents whose pieces are kept although nobody reads them now: whoever looks at a page looks at the next. */
export const MAX_RESTING_DOCUMENTS = 4;
/** How long pieces of a document are kept after its last reader, in milliseconds. */
export const RESTING_MS = 30_000;

/** A document and the peer that it is read from. */
export interface DocumentAtPeer {
  readonly id: DocumentId;
  readonly size: number;
  readonly pieceLength: number;
  readonly peer: Endpoint;
}

/** A document while somebody reads it. */
export interface OpenDocument {
  /** Names the document and its peer: what was read of one may be used again for the same, and for no other. */
  readonly key: string;
  /**
   * A source for one job; all share the pieces. One that reads ahead is for whole documents: of a document that is only
   * partly at the peer, the next piece may be one that nobody has.
   */
  reader(options?: { readonly readsAhead: boolean }): SwarmByteSource;
  /** The encoded page map that the peer has; undefined if it gives none. */
  publishedMap(signal: AbortSignal): Promise<PublishedMap | undefined>;
  /** Ends the reading; requests that nobody else waits for are cancelled. */
  close(): void;
}

interface Entry {
  readonly cache: PieceCache;
  readers: number;
  map: PublishedMap | undefined;
  timer: NodeJS.Timeout | undefined;
}

/**
 * The documents that are read now or were a moment ago. Pieces are shared between requests of one peer alone: they are not
 * verified here, so what a peer says about its document is told to nobody else.
 */
export class DocumentSources {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly clientOf: (peer: Endpoint) => BytesClient) {}

  /** Documents of which pieces are held. */
  get size(): number {
    return this.entries.size;
  }

  /** Bytes of pieces that are held. */
  get cachedBytes(): number {
    let bytes = 0;
    for (const { cache } of this.entries.values()) bytes += cache.cachedBytes;
    return bytes;
  }

  open({ id, size, pieceLength, peer }: DocumentAtPeer): OpenDocument {
    const key = `${id} ${size} ${pieceLength} ${formatEndpoint(peer)}`;
    let entry = this.entries.get(key);
    if (!entry) {
      const fetch = peerPieces(this.clientOf(peer), { id, size, pieceLength });
      entry = { cache: new PieceCache(size, pieceLength, fetch), readers: 0, map: undefined, timer: undefined };
      this.entries.set(key, entry);
    }
    const opened = entry;
    clearTimeout(opened.timer);
    opened.readers++;
    let open = true;
    return {
      key,
      reader: ({ readsAhead } = { readsAhead: true }) => new SwarmByteSource(opened.cache, readsAhead),
      publishedMap: async (signal) => {
        // Whatever keeps the map from coming, pages can be found without it: by reading more of the document.
        const fetched = opened.map ? undefined : await fetchPageMap(this.clientOf(peer), id, signal).catch(() => undefined);
        if (fetched) opened.map = { bytes: fetched, pieceLength };
        return opened.map;
      },
      close: () => {
        if (!open) return;
        open = false;
        opened.readers--;
        if (opened.readers === 0) this.rest(key, opened);
      },
    };
  }

  /** Forgets everything. */
  close(): void {
    for (const [key, entry] of this.entries) this.forget(key, entry);
  }

  private rest(key: string, entry: Entry): void {
    entry.cache.cancelOrders();
    entry.timer = setTimeout(() => this.forget(key, entry), RESTING_MS);
    entry.timer.unref();
    // The one that rests last is the last in the order of the map.
    this.entries.delete(key);
    this.entries.set(key, entry);
    const resting = [...this.entries].filter(([, { readers }]) => readers === 0);
    for (const [oldest, unused] of resting.slice(0, Math.max(0, resting.length - MAX_RESTING_DOCUMENTS))) this.forget(oldest, unused);
  }

  private forget(key: string, entry: Entry): void {
    clearTimeout(entry.timer);
    entry.cache.cancelOrders();
    if (this.entries.get(key) === entry) this.entries.delete(key);
  }
}
