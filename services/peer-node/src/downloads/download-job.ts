import type { DownloadSpec } from '@pageswarm/engine';
import { pieceOwners } from '@pageswarm/page-map';
import {
  Bitfield,
  type ErrorShape,
  errorShape,
  type IndexRange,
  indexesOf,
  PageSwarmError,
  type PeerId,
  parsePageRanges,
} from '@pageswarm/primitives';
import type { Library } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { isStoreError } from '../library/store-error.ts';
import type { DownloadOrder } from './download-order.ts';
import { DownloadRun, type DownloadRunOptions } from './download-run.ts';
import { fetchMetainfo } from './metainfo-fetch.ts';
import type { FileDigests } from './running-digests.ts';

/** How long to wait before hosts are asked for the metainfo again, in milliseconds. */
export const METAINFO_RETRY_MS = 500;

export type JobState = 'queued' | 'probing' | 'downloading' | 'verifying' | 'paused' | 'done' | 'failed';

export interface DownloadJobOptions extends Omit<DownloadRunOptions, 'document' | 'spec' | 'finished'> {
  readonly library: Library;
  readonly ownPeerId: PeerId;
}

/** What a reader waits for since before there was an engine that could be told. */
interface EarlyDemand {
  readonly pieces: readonly IndexRange[];
  release: () => void;
}

/**
 * One download from the order to the finished file. Before the engine can plan, the document's metainfo and page map are
 * needed: a job without them looks for a host that has them.
 */
export class DownloadJob {
  /** What the job itself is at; `downloading` means that the engine decides. */
  private phase: JobState = 'queued';
  private error: ErrorShape | undefined;
  private run: DownloadRun | undefined;
  private readonly earlyDemands = new Set<EarlyDemand>();
  private preparation: AbortController | undefined;
  /** Set once the engine is done; the file is whole then, but may still wait for its final place. */
  private arrived: { readonly document: LocalDocument; readonly digests: FileDigests | null } | undefined;
  private finished: { readonly at: number; readonly digests: FileDigests | null } | undefined;
  private isDiscarded = false;

  constructor(
    public order: DownloadOrder,
    private readonly options: DownloadJobOptions,
  ) {
    if (order.halted) this.phase = 'paused';
  }

  get state(): JobState {
    return this.phase === 'downloading' && this.run ? this.run.state : this.phase;
  }

  /** What the order and the engine say together. */
  get status(): {
    readonly state: JobState;
    readonly error: ErrorShape | undefined;
    readonly run: DownloadRun | undefined;
    readonly finishedAt: number | undefined;
    readonly digests: FileDigests | null;
  } {
    const error = this.error ?? (this.phase === 'downloading' ? this.run?.error : undefined);
    const digests = this.finished?.digests ?? this.run?.digests ?? null;
    return { state: this.state, error, run: this.run, finishedAt: this.finished?.at, digests };
  }

  /** True while nothing but the disk is in the way. */
  get waitsForStore(): boolean {
    const { state, error } = this.status;
    return state === 'paused' && !this.order.halted && error !== undefined && isStoreError(error.code);
  }

  get document(): LocalDocument | undefined {
    return this.run?.document ?? this.options.library.find(this.order.document.id);
  }

  /** Begins, or goes on after a pause or a failure. */
  async start(): Promise<void> {
    this.error = undefined;
    if (this.arrived) return this.finish(this.arrived);
    if (this.run) {
      this.phase = 'downloading';
      this.run.apply({ type: 'resume' });
      return;
    }
    this.phase = 'probing';
    const preparation = new AbortController();
    this.preparation = preparation;
    this.options.changed();
    try {
      const document = await this.prepare(preparation.signal);
      if (preparation.signal.aborted) return;
      this.run = new DownloadRun({
        ...this.options,
        document,
        spec: specOf(document, this.order, this.options.ownPeerId),
        finished: (digests) => {
          this.arrived = { document, digests };
          void this.finish(this.arrived);
        },
      });
      this.phase = 'downloading';
      this.run.apply({ type: 'start' });
      for (const early of this.earlyDemands) early.release = this.run.demand(early.pieces);
      this.earlyDemands.clear();
    } catch (error) {
      if (!preparation.signal.aborted) this.fail(error);
    } finally {
      if (this.preparation === preparation) this.preparation = undefined;
    }
  }

  /** A file that is being put in its place is let go there: that step ends, one way or the other. */
  pause(): void {
    if (this.phase === 'verifying') return;
    this.preparation?.abort();
    if (this.run && this.phase === 'downloading') this.run.apply({ type: 'pause' });
    else this.phase = 'paused';
    this.options.changed();
  }

  /** Back into the queue. After a failure a new engine begins with what is really on the disk. */
  requeue(): void {
    if (this.state === 'failed') {
      this.run?.destroy();
      this.run = undefined;
    }
    this.phase = 'queued';
    this.error = undefined;
  }

  /** Raises pieces above everything else, at once or as soon as there is an engine. @returns how to take that back */
  demand(pieces: readonly IndexRange[]): (() => void) | undefined {
    if (!['queued', 'probing', 'downloading'].includes(this.state)) return undefined;
    if (this.run) return this.run.demand(pieces);
    const early: EarlyDemand = { pieces, release: () => this.earlyDemands.delete(early) };
    this.earlyDemands.add(early);
    return () => early.release();
  }

  /** Ends at once; the pieces stay where they are, unless `discard` says that nobody wants what is still being opened. */
  destroy({ discard = false } = {}): void {
    this.isDiscarded = discard;
    this.preparation?.abort();
    this.run?.destroy();
  }

  private async prepare(signal: AbortSignal): Promise<LocalDocument> {
    const { document: identity } = this.order;
    const existing = this.options.library.find(identity.id);
    if (existing) return existing;
    const giveUpAt = this.options.clock.monotonic() + this.options.hostSearchMs;
    for (;;) {
      try {
        const hosts = await this.options.hosts.hostsOf(identity.id);
        const metainfo = await fetchMetainfo(identity, hosts, this.options.connections, signal);
        signal.throwIfAborted();
        const { aliases, addedBy, addedAt, inspection, ...own } = identity;
        const document = await this.options.library.openPartial(own, metainfo, { aliases, addedBy, addedAt, inspection });
        if (this.isDiscarded) await this.options.library.remove(document);
        return document;
      } catch (error) {
        if (signal.aborted || this.options.clock.monotonic() >= giveUpAt || isOurOwn(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, METAINFO_RETRY_MS));
      }
    }
  }

  private async finish({ document, digests }: NonNullable<typeof this.arrived>): Promise<void> {
    // The engine is done, the job only once the file is at its final place.
    this.phase = 'verifying';
    this.options.changed();
    try {
      if (document.have.isFull) await this.options.library.complete(document);
      this.finished = { at: this.options.clock.now(), digests };
      this.phase = 'done';
    } catch (error) {
      this.fail(error);
    }
    this.options.changed();
  }

  private fail(error: unknown): void {
    const { code, detail } = errorShape(error);
    this.error = { code, detail };
    // What the disk would not take is worth another try; everything else failed for good, until it is resumed.
    this.phase = isStoreError(code) ? 'paused' : 'failed';
    if (code === 'INTERNAL')
      this.options.logger.error({ err: error, documentId: this.order.document.id }, 'a download failed in an unexpected way');
    this.options.changed();
  }
}

/** True for errors of this node that another host cannot mend. */
function isOurOwn(error: unknown): boolean {
  const { code } = errorShape(error);
  return isStoreError(code) || code === 'INTERNAL';
}

function specOf(document: LocalDocument, { pages, strategy }: DownloadOrder, ownPeerId: PeerId): DownloadSpec {
  const map = document.pageMap;
  const wantedPieces = pages === null ? undefined : piecesOfPages(document, pages);
  const { id: documentId, size, pieceLength } = document.record;
  return {
    documentId,
    size,
    pieceLength,
    pageCount: map.pageCount,
    pieceOwners: pieceOwners(map),
    closures: map.closures,
    structure: map.structure,
    wantedPieces,
    strategy,
    ownPeerId,
  };
}

/** The pieces that some pages need: the structure and their closures. @throws PageSwarmError INVALID_PAGES, PAGE_NOT_AVAILABLE */
function piecesOfPages({ pageMap, record }: LocalDocument, pages: string): Bitfield {
  if (!pageMap.mapped)
    throw new PageSwarmError(
      'PAGE_NOT_AVAILABLE',
      `Single pages of "${record.name}" cannot be fetched: ${pageMap.reason ?? 'it has no page map'}`,
    );
  const wanted = Bitfield.fromRanges(pageMap.structure, Math.ceil(record.size / record.pieceLength));
  for (const page of indexesOf(parsePageRanges(pages, pageMap.pageCount)))
    for (const piece of indexesOf(pageMap.closures[page - 1] ?? [])) wanted.set(piece);
  return wanted;
}
