import type { Logger } from '@pageswarm/observability';
import { errorShape } from '@pageswarm/primitives';
import type { Subscription } from 'rxjs';
import { NOT_INSPECTED } from '../library/document-record.ts';
import type { FindingStore } from '../library/finding-store.ts';
import { isInspectionPending } from '../library/inspection-state.ts';
import type { Library } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import type { PublishedFindings } from './published-findings.ts';
import type { PublishedInspection } from './published-inspection.ts';
import type { WorkerLink } from './worker-link.service.ts';

/** Inspections that run at once. */
export const CONCURRENT_INSPECTIONS = 2;
/** How often documents that no worker could look at are tried again, in milliseconds. */
export const INSPECTION_RETRY_MS = 10_000;

/** Has every complete document looked at, once: by whoever published it before, or else by a pdf-worker. */
export class Inspector {
  private readonly pending = new Map<LocalDocument, Promise<void>>();
  private readonly waiting: (() => void)[] = [];
  private readonly completed = new WeakSet<LocalDocument>();
  private running = 0;
  private subscription: Subscription | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly library: Library,
    private readonly workers: WorkerLink,
    private readonly published: PublishedInspection,
    private readonly findings: Pick<FindingStore, 'has'>,
    private readonly publishedFindings: Pick<PublishedFindings, 'find'>,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.subscription = this.library.changes.subscribe(({ type, document }) => {
      if (type === 'added' || type === 'completed') this.consider(document);
    });
    this.timer = setInterval(() => this.considerAll(), INSPECTION_RETRY_MS);
    this.timer.unref();
    this.considerAll();
  }

  stop(): void {
    this.stopped = true;
    this.subscription?.unsubscribe();
    clearInterval(this.timer);
  }

  /** Resolves when the running inspection of this document has ended, with or without a result. */
  async settled(document: LocalDocument): Promise<void> {
    await this.pending.get(document);
  }

  private considerAll(): void {
    for (const document of this.library.list()) this.consider(document);
  }

  private consider(document: LocalDocument): void {
    if (this.stopped || !document.complete || this.pending.has(document)) return;
    if (!isInspectionPending(document)) {
      void this.completeFindings(document);
      return;
    }
    const work = this.inspect(document)
      // A record that cannot be written now is written at a later look; the upload that waits for this one has not failed.
      .catch((err) => this.logger.error({ err, documentId: document.id }, 'an inspection could not be kept'))
      .finally(() => {
        this.pending.delete(document);
        if (!isInspectionPending(document)) void this.completeFindings(document);
      });
    this.pending.set(document, work);
  }

  private async inspect(document: LocalDocument): Promise<void> {
    await this.takeSlot();
    const { id: documentId, name } = document.record;
    try {
      const found = (await this.published.find(document)) ?? (await this.workers.inspect(document));
      await this.library.setInspection(document, found);
      const { inspection } = found;
      this.logger.info(
        { documentId, name, pages: inspection.pages, mapped: inspection.mapped, error: inspection.error?.code },
        'inspected',
      );
    } catch (error) {
      const { code, detail } = errorShape(error);
      this.logger.warn({ documentId, name, code, err: code === 'INTERNAL' ? error : undefined }, `not inspected: ${detail}`);
      if (document.record.inspection.error?.code !== code)
        await this.library.setInspection(document, { inspection: { ...NOT_INSPECTED, error: { code, detail } } });
    } finally {
      this.freeSlot();
    }
  }

  /**
   * A document that others inspected comes without its texts: they are had from another host, or else read by a worker, once
   * in the life of this process.
   */
  private async completeFindings(document: LocalDocument): Promise<void> {
    if (document.record.inspection.words === null || this.completed.has(document)) return;
    this.completed.add(document);
    if (await this.findings.has(document.id)) return;
    await this.takeSlot();
    try {
      const found = (await this.publishedFindings.find(document)) ?? (await this.workers.inspect(document)).findings;
      if (found) await this.library.setFindings(document, found);
    } catch (error) {
      this.logger.warn(
        { documentId: document.id, name: document.record.name },
        `without the texts of its pages: ${errorShape(error).detail}`,
      );
    } finally {
      this.freeSlot();
    }
  }

  private async takeSlot(): Promise<void> {
    if (this.running < CONCURRENT_INSPECTIONS) this.running++;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  /** Hands the slot to the next in line, or gives it back. */
  private freeSlot(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.running--;
  }
}
