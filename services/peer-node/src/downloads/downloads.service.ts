import { randomBytes } from 'node:crypto';
import type { ChangeDownload, Document, StartDownload } from '@pageswarm/contracts';
import { type Clock, type DocumentId, errorShape, PageSwarmError, parsePageRanges } from '@pageswarm/primitives';
import { Subject } from 'rxjs';
import type { Library } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { hashOf } from './document-reference.ts';
import { DownloadJob, type DownloadJobOptions, type JobState } from './download-job.ts';
import type { DownloadMeter } from './download-meter.ts';
import type { DownloadOrder } from './download-order.ts';
import type { DownloadOrderStore } from './download-order-store.ts';
import { DownloadQueue } from './download-queue.ts';
import { isWritable, StoreRecovery } from './store-recovery.ts';

/** Ended downloads that stay listed; the oldest go first. */
export const MAX_ENDED_DOWNLOADS = 1_000;

/** Whoever knows documents by their hashes: the trackers, in a running node. */
export interface DocumentDirectory {
  /** @throws PageSwarmError DOCUMENT_NOT_FOUND, TRACKER_UNAVAILABLE */
  get(hash: string): Promise<Document>;
}

export interface DownloadsOptions extends Omit<DownloadJobOptions, 'changed'> {
  readonly directory: DocumentDirectory;
  readonly orders: DownloadOrderStore;
  readonly library: Library;
  readonly meter: DownloadMeter;
  readonly clock: Clock;
  /** Where downloads are written. */
  readonly storeFolder: string;
  readonly maxActive: number;
  readonly defaultStrategy: DownloadOrder['strategy'];
}

/** The downloads of this node: so many at once, the others wait by priority and place. */
export class Downloads {
  /** Tells which download changed, and last that it is listed no more. */
  readonly changes = new Subject<DownloadJob>();
  private readonly jobs = new DownloadQueue();
  private readonly recovery: StoreRecovery;
  private readonly lastStates = new WeakMap<DownloadJob, JobState>();
  private filling = false;

  constructor(private readonly options: DownloadsOptions) {
    options.meter.countByState = () => this.countByState();
    this.recovery = new StoreRecovery({
      isWritable: () => isWritable(options.storeFolder),
      recovered: () => this.storeRecovered(),
      clock: options.clock,
    });
  }

  /** Goes on with what an earlier process left. */
  async start(): Promise<void> {
    for (const order of await this.options.orders.loadAll()) {
      if (this.options.library.find(order.document.id)?.complete) await this.options.orders.remove(order.id);
      else this.jobs.add(this.jobFor(order));
    }
    this.fillSlots();
  }

  stop(): void {
    this.recovery.stop();
    for (const job of this.list()) job.destroy();
  }

  list(): readonly DownloadJob[] {
    return this.jobs.list();
  }

  /** False once it was cancelled or its document was removed. */
  has(job: DownloadJob): boolean {
    return this.jobs.find(job.order.id) === job;
  }

  /** @throws PageSwarmError DOWNLOAD_NOT_FOUND */
  get(id: string): DownloadJob {
    const job = this.jobs.find(id);
    if (!job) throw new PageSwarmError('DOWNLOAD_NOT_FOUND', `There is no download ${id.slice(0, 80)}`);
    return job;
  }

  /**
   * Orders a download.
   * @throws PageSwarmError DOCUMENT_EXISTS, DOWNLOAD_EXISTS, DOCUMENT_NOT_FOUND, TRACKER_UNAVAILABLE, INVALID_MAGNET, INVALID_ID,
   * INVALID_PAGES
   */
  async order({ id, pages, strategy }: StartDownload): Promise<DownloadJob> {
    const hash = hashOf(id);
    this.demandNew(
      this.options.library
        .list()
        .find(({ record }) => [record.id, record.infoHashV1, record.infoHashV2, record.md5].includes(hash as never))?.id,
    );
    const { hosts: _, completed: __, ...found } = await this.options.directory.get(hash);
    this.demandNew(found.id);
    // Pages that cannot be are refused now; of a document that nobody has inspected yet, the download itself finds out.
    if (pages !== undefined) parsePageRanges(pages, found.pages ?? Number.MAX_SAFE_INTEGER);
    const { id: documentId, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, addedBy, addedAt, ...inspection } = found;
    return this.enqueue(
      { id: documentId, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, addedBy, addedAt, inspection },
      { strategy: strategy ?? this.options.defaultStrategy, pages: pages ?? null },
    );
  }

  /** Fetches what a document of this node lost; a repair that failed is tried again. */
  async repair({ id, record }: LocalDocument): Promise<void> {
    const job = this.activeFor(id);
    if (job?.state === 'failed') await this.resume(job);
    if (job) return;
    const { version: _, complete: __, fileName: ___, modifiedAt: ____, ...document } = record;
    await this.enqueue(document, { strategy: this.options.defaultStrategy, pages: null });
  }

  /** @throws PageSwarmError WRONG_STATE once it is done or failed */
  async pause(job: DownloadJob): Promise<void> {
    const { state } = job;
    if (state === 'done' || state === 'failed') throw new PageSwarmError('WRONG_STATE', `The download is ${state}`);
    job.pause();
    await this.keep(job, { halted: true });
    this.fillSlots();
  }

  /** @throws PageSwarmError WRONG_STATE unless it is paused or failed */
  async resume(job: DownloadJob): Promise<void> {
    const { state } = job;
    if (state !== 'paused' && state !== 'failed') throw new PageSwarmError('WRONG_STATE', `The download is ${state}`);
    job.requeue();
    await this.keep(job, { halted: false });
    this.fillSlots();
  }

  /** Changes the place or the priority of a download among those that wait; what runs goes on. */
  async change(job: DownloadJob, { position, priority }: ChangeDownload): Promise<void> {
    if (priority !== undefined) await this.keep(job, { priority });
    if (position === undefined) return;
    this.jobs.move(job, position);
    for (const [place, { order }] of this.list().entries())
      if (order.place !== place) await this.keep(this.jobs.find(order.id) as DownloadJob, { place });
  }

  /** Place in the queue, from 1; null for a download that is done. */
  positionOf(job: DownloadJob): number | null {
    return this.jobs.positionOf(job);
  }

  /** Ends a download and forgets it; the pieces of an unfinished one are removed, or stay as a document of which a part is here. */
  async cancel(job: DownloadJob, { keepPieces = false } = {}): Promise<void> {
    const { state } = job;
    job.destroy({ discard: !keepPieces });
    this.jobs.remove(job);
    await this.options.orders.remove(job.order.id);
    const document = job.document;
    if (state !== 'done') this.options.meter.endedAs('cancelled');
    // A damaged document was its owner's before its repair was ordered: that ends, the document stays.
    const isPartial = document && !document.complete && !document.damaged;
    if (state !== 'done' && !keepPieces && isPartial && !this.activeFor(document.id)) await this.options.library.remove(document);
    this.changes.next(job);
    this.fillSlots();
  }

  /** Ends the downloads of a document that is being removed. */
  async forget(id: DocumentId): Promise<void> {
    for (const job of this.list()) {
      if (job.order.document.id !== id || job.state === 'done') continue;
      job.destroy();
      this.jobs.remove(job);
      await this.options.orders.remove(job.order.id);
      this.options.meter.endedAs('cancelled');
      this.changes.next(job);
    }
    this.fillSlots();
  }

  private async enqueue(
    document: DownloadOrder['document'],
    { strategy, pages }: Pick<DownloadOrder, 'strategy' | 'pages'>,
  ): Promise<DownloadJob> {
    const order: DownloadOrder = {
      version: 1,
      id: randomBytes(8).toString('hex'),
      document,
      strategy,
      pages,
      startedAt: new Date(this.options.clock.now()).toISOString(),
      halted: false,
      priority: 0,
      place: Math.max(0, ...this.list().map(({ order }) => order.place)) + 1,
    };
    const job = this.jobFor(order);
    this.jobs.add(job);
    try {
      await this.options.orders.save(order);
    } catch (error) {
      this.jobs.remove(job);
      throw error;
    }
    this.forgetOldest();
    this.fillSlots();
    return job;
  }

  private jobFor(order: DownloadOrder): DownloadJob {
    const job: DownloadJob = new DownloadJob(order, { ...this.options, changed: () => this.changed(job) });
    return job;
  }

  /** The download of this document that has not ended. */
  activeFor(id: DocumentId): DownloadJob | undefined {
    return this.list().find((job) => job.order.document.id === id && job.state !== 'done');
  }

  private demandNew(id: DocumentId | undefined): void {
    if (!id) return;
    const document = this.options.library.find(id);
    if (document?.complete) throw new PageSwarmError('DOCUMENT_EXISTS', `This node has "${document.record.name}", document ${id}`);
    const job = this.activeFor(id);
    if (job) throw new PageSwarmError('DOWNLOAD_EXISTS', `"${job.order.document.name}" is download ${job.order.id}, which is ${job.state}`);
  }

  private changed(job: DownloadJob): void {
    this.changes.next(job);
    const { state } = job;
    if (state === this.lastStates.get(job) || !this.jobs.find(job.order.id)) return;
    this.lastStates.set(job, state);
    if (state === 'done' || state === 'failed') this.ended(job, state);
    if (['done', 'failed', 'paused'].includes(state)) setImmediate(() => this.fillSlots());
    if (job.waitsForStore) this.recovery.wait();
  }

  private ended(job: DownloadJob, outcome: 'done' | 'failed'): void {
    this.options.meter.endedAs(outcome);
    const { digests, error } = job.status;
    const { id: documentId, name } = job.order.document;
    this.options.logger.info({ documentId, name, ...digests, code: error?.code }, `download ${outcome}`);
    // A failed one keeps its order: it can be resumed, and is tried again after a restart.
    if (outcome === 'done')
      this.options.orders.remove(job.order.id).catch((err) => this.options.logger.error({ err }, 'an order could not be removed'));
  }

  /** The disk takes writes again: what waited for it goes back into the queue. */
  private storeRecovered(): void {
    for (const job of this.list()) {
      if (!job.waitsForStore) continue;
      this.options.logger.info({ documentId: job.order.document.id, code: job.status.error?.code }, 'the disk takes writes again');
      job.requeue();
    }
    this.fillSlots();
  }

  private async keep(job: DownloadJob, change: Partial<DownloadOrder>): Promise<void> {
    job.order = { ...job.order, ...change };
    if (job.state !== 'done') await this.options.orders.save(job.order);
    this.changes.next(job);
  }

  /** Starts waiting downloads while there is room. Guarded, for a start may change states on the way. */
  private fillSlots(): void {
    if (this.filling) return;
    this.filling = true;
    try {
      let active = this.list().filter((job) => ['probing', 'downloading', 'verifying'].includes(job.state)).length;
      for (const job of this.jobs.waiting()) {
        if (active++ >= this.options.maxActive) break;
        job
          .start()
          .catch((error) => this.options.logger.error({ err: error, code: errorShape(error).code }, 'a download could not be started'));
      }
    } finally {
      this.filling = false;
    }
  }

  private forgetOldest(): void {
    const ended = this.list().filter((job) => job.state === 'done');
    for (const job of ended.slice(0, Math.max(0, ended.length - MAX_ENDED_DOWNLOADS))) this.jobs.remove(job);
  }

  private countByState(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const job of this.list()) counts.set(job.state, (counts.get(job.state) ?? 0) + 1);
    return counts;
  }
}
