import {
  type ByteSource,
  countOf,
  type DocumentId,
  formatPageRanges,
  type IndexRange,
  indexesOf,
  PageSwarmError,
  piecesOfBytes,
  toIndexRanges,
} from '@pageswarm/primitives';
import type { Observable } from 'rxjs';
import type { LocalDocument } from '../library/local-document.ts';

/** Whoever can raise pieces above everything else that is being downloaded. */
export interface PieceDemand {
  /** @returns how to take the demand back, or undefined if nothing downloads this document now */
  demand(document: LocalDocument, pieces: readonly IndexRange[]): (() => void) | undefined;
  /** Hosts that were last seen with any of these pieces, by the latest download of the document; none when that is not known. */
  lastHolders(document: LocalDocument, pieces: readonly IndexRange[]): readonly { readonly address: string }[];
  /** The document, by any of its hashes, that a download is about to open: its first host is still being asked. */
  expected(hash: string): DocumentId | undefined;
}

/** Whoever has the documents that are here, wholly or in part. */
export interface DocumentShelf {
  /** @throws PageSwarmError DOCUMENT_NOT_FOUND */
  get(hash: string): LocalDocument;
  find(id: DocumentId): LocalDocument | undefined;
  readonly changes: Observable<{ readonly type: string; readonly document: LocalDocument }>;
}

/** The most hosts that an error names. */
export const MAX_NAMED_HOLDERS = 5;
/** How long what the neighbours of a page need stays raised when it does not come, in milliseconds. */
export const PREFETCH_MS = 30_000;
const HOW_TO_WAIT = '?timeout= waits longer, in milliseconds, while the download looks for a host';
const NOT_DOWNLOADING = 'come only with a download: start or resume one, then ?timeout= waits for them, in milliseconds';

export interface WaitOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs: number;
}

/** Reads documents that may be here in part: what is missing is fetched from the swarm first (the same path for everything). */
export class DocumentReader {
  /** By document: how to end the raising of what the neighbours of the page that was read last need. */
  private readonly prefetches = new Map<DocumentId, () => void>();

  constructor(
    private readonly shelf: DocumentShelf,
    private readonly downloads: PieceDemand,
  ) {}

  /**
   * A document that is here, wholly or in part; one whose download has just been ordered is waited for.
   * @throws PageSwarmError DOCUMENT_NOT_FOUND, PAGE_NOT_AVAILABLE when the time is over, CANCELLED
   */
  open(hash: string, { signal, timeoutMs }: WaitOptions): Promise<LocalDocument> {
    const id = this.downloads.expected(hash);
    return new Promise((resolve, reject) => {
      if (!id || this.shelf.find(id)) {
        resolve(this.shelf.get(hash));
        return;
      }
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        opened.unsubscribe();
        signal?.removeEventListener('abort', cancel);
        settle();
      };
      const cancel = (): void => end(() => reject(new PageSwarmError('CANCELLED', 'The reader went away')));
      const late = new PageSwarmError('PAGE_NOT_AVAILABLE', `No host has handed over the document within ${timeoutMs} ms`);
      const timer = setTimeout(() => end(() => reject(late)), timeoutMs);
      const opened = this.shelf.changes.subscribe(({ type, document }) => {
        if (type === 'added' && document.id === id) end(() => resolve(document));
      });
      signal?.addEventListener('abort', cancel);
      if (signal?.aborted) cancel();
    });
  }

  /** Raises what is missing of these pieces; the returned function takes that back. */
  demand(document: LocalDocument, pieces: readonly IndexRange[]): () => void {
    const missing = missingOf(document, pieces);
    return (missing.length > 0 && this.downloads.demand(document, missing)) || (() => undefined);
  }

  /**
   * Resolves once all of these pieces are stored.
   * @throws PageSwarmError PAGE_NOT_AVAILABLE when nothing downloads them, or the time is over; CANCELLED
   */
  async available(document: LocalDocument, pieces: readonly IndexRange[], { signal, timeoutMs }: WaitOptions): Promise<void> {
    const missing = missingOf(document, pieces);
    if (missing.length === 0) return;
    const release = this.downloads.demand(document, missing);
    if (!release) throw this.notAvailable(document, missing, NOT_DOWNLOADING);
    try {
      const late = await waitFor(document, missing, signal, timeoutMs);
      if (late) throw this.notAvailable(document, late, `did not come within ${timeoutMs} ms; ${HOW_TO_WAIT}`);
    } finally {
      release();
    }
  }

  /**
   * Raises pieces that will probably be asked for next, until they are here, for {@link PREFETCH_MS} at most. Nobody waits for them, and the
   * next call for the same document takes their place: whoever leafs on has other neighbours.
   */
  prefetch(document: LocalDocument, pieces: readonly IndexRange[]): void {
    this.prefetches.get(document.id)?.();
    const missing = new Set(indexesOf(missingOf(document, pieces)));
    const release = missing.size > 0 ? this.downloads.demand(document, toIndexRanges(missing)) : undefined;
    if (!release) return;
    const end = (): void => {
      clearTimeout(timer);
      unsubscribe();
      if (this.prefetches.get(document.id) === end) this.prefetches.delete(document.id);
      release();
    };
    const timer = setTimeout(end, PREFETCH_MS).unref();
    const unsubscribe = document.feed.subscribe((piece) => {
      if (missing.delete(piece) && missing.size === 0) end();
    });
    this.prefetches.set(document.id, end);
  }

  /**
   * Bytes of a document, fetched first where they are missing.
   * @param target where they go, if there is room for them; the result is then a view of its beginning
   * @throws as {@link available}
   */
  async read(document: LocalDocument, offset: number, length: number, options: WaitOptions, target?: Uint8Array): Promise<Uint8Array> {
    await this.available(document, [piecesOfBytes(offset, length, document.record.pieceLength)], options);
    return document.pieces.read(offset, length, target);
  }

  private notAvailable(document: LocalDocument, missing: readonly IndexRange[], why: string): PageSwarmError {
    const holders = this.downloads.lastHolders(document, missing).map(({ address }) => address);
    const named = holders.slice(0, MAX_NAMED_HOLDERS).join(', ');
    const others = holders.length > MAX_NAMED_HOLDERS ? ` and ${holders.length - MAX_NAMED_HOLDERS} others` : '';
    const last = named ? `; last seen at ${named}${others}` : '';
    const pieces = `${countOf(missing)} pieces (${formatPageRanges(missing).slice(0, 100)}) of "${document.record.name}"`;
    return new PageSwarmError('PAGE_NOT_AVAILABLE', `${pieces} are not here${last}; they ${why}`);
  }

  /** The document as a source of bytes by range. */
  source(document: LocalDocument, options: WaitOptions): ByteSource {
    return { size: document.record.size, read: (offset, length) => this.read(document, offset, length, options) };
  }
}

function missingOf({ have }: LocalDocument, pieces: readonly IndexRange[]): IndexRange[] {
  return toIndexRanges([...indexesOf(pieces)].filter((piece) => !have.has(piece)));
}

/** @returns the pieces that did not come in time; undefined once all are here. @throws PageSwarmError CANCELLED */
function waitFor(
  document: LocalDocument,
  pieces: readonly IndexRange[],
  signal: AbortSignal | undefined,
  timeoutMs: number,
): Promise<IndexRange[] | undefined> {
  const missing = new Set([...indexesOf(pieces)].filter((piece) => !document.have.has(piece)));
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      unsubscribe();
      signal?.removeEventListener('abort', cancel);
      settle();
    };
    const cancel = (): void => end(() => reject(new PageSwarmError('CANCELLED', 'The reader went away')));
    const allHere = (): void => end(() => resolve(undefined));
    const timer = setTimeout(() => end(() => resolve(toIndexRanges(missing))), timeoutMs);
    const unsubscribe = document.feed.subscribe((piece) => {
      if (missing.delete(piece) && missing.size === 0) allHere();
    });
    signal?.addEventListener('abort', cancel);
    if (signal?.aborted) cancel();
    else if (missing.size === 0) allHere();
  });
}
