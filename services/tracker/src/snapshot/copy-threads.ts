import { once } from 'node:events';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Catalog } from '../catalog/catalog.ts';
import { Pace } from '../columns/pace.ts';
import type { DocumentSearch } from '../search/document-search.ts';
import type { CopyPlace, DocumentsOrder, DocumentsOutcome, NamesOrder, ThreadReport } from './restoring-order.ts';
import { NEXT_PART, type PartAnswer, takeOverTables } from './table-move.ts';

/** Copies of fewer documents are read by the tracker's own thread: others take a tenth of a second to start. */
export const MIN_THREADED_DOCUMENTS = 20_000;

/** What is told while threads read a copy. */
export interface ThreadsListener {
  progress(entries: number, obstacle: string | undefined): void;
  /** An entry was passed over. */
  pass(id: string, code: string, detail: string): void;
  warn(facts: unknown, text: string): void;
}

type ThreadMessage = ThreadReport | PartAnswer;

/** A thread, as far as it is used here. */
export type Thread = Pick<Worker, 'on' | 'once' | 'postMessage' | 'terminate'>;
/** Starts the thread that reads documents, or the one that reads names. */
export type StartThread = (program: 'documents' | 'names', order: DocumentsOrder | NamesOrder) => Thread;

/**
 * Reads the documents of a copy in two threads, into an empty catalog and its search: one reads and enters documents, the
 * other reads their names. What they have made changes hands when it is complete, so that a thread that dies leaves
 * nothing behind.
 */
export class CopyThreads {
  private readonly threads = new Set<RestoringThread>();
  private isAbandoned = false;

  constructor(
    private readonly placeOf: () => Promise<CopyPlace>,
    private readonly catalog: Catalog,
    private readonly search: DocumentSearch,
    private readonly startThread: StartThread = startWorker,
  ) {}

  /** Whether so many documents are worth it. */
  suits(documents: number): boolean {
    return documents >= MIN_THREADED_DOCUMENTS;
  }

  /**
   * @param next from where in the store's own words
   * @throws whatever the thread that reads documents dies of; the catalog is as it was then
   */
  async restore(next: string | undefined, listener: ThreadsListener): Promise<DocumentsOutcome> {
    const { catalog, search } = this;
    const place = await this.placeOf();
    const { port1, port2 } = new MessageChannel();
    const pace = new Pace();
    const { turn } = pace;
    await pace.pause();
    const documents = this.start(
      'documents',
      { place, next, holders: catalog.holderIds(), maxDocuments: catalog.maxDocuments, texts: port1 },
      listener,
    );
    try {
      // To start a thread stops this one for a while.
      await pace.pause();
      const names = this.start('names', { texts: port2 }, listener);
      const { outcome, tables } = await documents.tables(catalog.movables.length);
      await takeOverTables(tables, catalog.movables, turn);
      await catalog.prepareOrder('added');
      try {
        if (!outcome?.hasNames) throw new Error('documents took the places of others after their names were told');
        await takeOverTables((await names.tables(search.movables.length)).tables, search.movables, turn);
      } catch (error) {
        listener.warn({ err: error }, 'names were not read in another thread; they are read in this one');
        search.beginFilling();
        await search.endFilling(turn);
      }
      return outcome as DocumentsOutcome;
    } finally {
      await this.end();
    }
  }

  /** Nothing more is waited for, and no thread is started any more. */
  async abandon(): Promise<void> {
    this.isAbandoned = true;
    await this.end();
  }

  private async end(): Promise<void> {
    await Promise.all([...this.threads].map((thread) => thread.end()));
    this.threads.clear();
  }

  private start(program: 'documents' | 'names', order: DocumentsOrder | NamesOrder, listener: ThreadsListener): RestoringThread {
    if (this.isAbandoned) throw new Error('This tracker ends before its copy is read');
    const thread = new RestoringThread(this.startThread(program, order), listener);
    this.threads.add(thread);
    return thread;
  }
}

function startWorker(program: 'documents' | 'names', workerData: DocumentsOrder | NamesOrder): Worker {
  // What the tracker was told to load before its program is of no use here, and takes every thread a while.
  return new Worker(new URL(`./copy-${program}.child.js`, import.meta.url), { workerData, transferList: [workerData.texts], execArgv: [] });
}

/** A thread that fills tables and hands them over. */
class RestoringThread {
  private readonly failed = new AbortController();
  private readonly filled: Promise<DocumentsOutcome | undefined>;

  constructor(
    private readonly worker: Thread,
    listener: ThreadsListener,
  ) {
    const { signal } = this.failed;
    worker.once('error', (error) => this.failed.abort(error));
    worker.once('exit', () => this.failed.abort(new Error('a thread that reads the copy ended before it was done')));
    this.filled = new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      worker.on('message', (message: ThreadMessage) => {
        if (message.kind === 'filled') resolve(message.outcome);
        else if (message.kind === 'progress') listener.progress(message.entries, message.obstacle);
        else if (message.kind === 'unreadable') listener.pass(message.id, message.code, message.detail);
        else if (message.kind === 'warning') listener.warn(message.facts, message.text);
      });
    });
    // Whoever waits for it is told; nobody may wait yet.
    this.filled.catch(() => undefined);
  }

  /** All that it hands over, when it has all. @throws what it died of */
  async tables(count: number): Promise<{ readonly outcome: DocumentsOutcome | undefined; readonly tables: readonly unknown[] }> {
    const outcome = await this.filled;
    const tables: unknown[] = [];
    try {
      while (tables.length < count) tables.push(await this.nextPart());
    } catch (error) {
      throw this.failed.signal.reason ?? error;
    }
    await this.end();
    return { outcome, tables };
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }

  private async nextPart(): Promise<unknown> {
    const answer = once(this.worker as Worker, 'message', this.failed);
    this.worker.postMessage(NEXT_PART);
    const [message] = (await answer) as [PartAnswer];
    return message.parts;
  }
}
