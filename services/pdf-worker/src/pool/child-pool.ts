import { type ByteSource, type Clock, isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import { type JobPriority, JobQueue } from './job-queue.ts';
import {
  CHILD_RESTART_DELAY_MS,
  CHILD_START_TIMEOUT_MS,
  EXTRA_CHILD_IDLE_MS,
  MAX_EXTRA_CHILDREN,
  MAX_JOBS_PER_CHILD,
  RECYCLE_MEMORY_SHARE,
} from './limits.ts';
import { type ChildJob, PdfChild } from './pdf-child.ts';
import type { JobKind, JobResult, PdfJobs } from './pdf-job.ts';

/** Why a child was replaced. */
export type RestartReason = 'jobs' | 'memory' | 'failure' | 'cancelled' | 'died';
/** How a job ended, for the count. */
export type JobOutcome = 'done' | 'failed' | 'timeout' | 'memory' | 'crash' | 'cancelled' | 'refused';

/** What the pool reports about itself. */
export interface PoolObserver {
  jobEnded(kind: string, outcome: JobOutcome, seconds: number): void;
  childReplaced(reason: RestartReason): void;
  childComplained?(complaint: string): void;
}

export interface ChildPoolOptions {
  readonly script: URL;
  readonly size: number;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly maxQueuedJobs: number;
  readonly maxOutputBytes?: number;
  readonly maxJobsPerChild?: number;
  readonly clock: Clock;
  readonly observer?: PoolObserver;
}

export interface JobRequest<Kind extends JobKind> {
  readonly kind: Kind;
  readonly params: PdfJobs[Kind]['params'];
  readonly source: ByteSource;
  /** Names the document and where it is read: a child that has read it before keeps some of it. */
  readonly document?: string;
  /** Alignment of reads in bytes. */
  readonly blockBytes: number;
  readonly priority: JobPriority;
  /** Takes the job back: out of the queue, or its child is killed. */
  readonly signal?: AbortSignal;
}

interface QueuedJob extends ChildJob {
  readonly priority: JobPriority;
  readonly resolve: (result: JobResult<unknown>) => void;
  readonly reject: (error: unknown) => void;
  child?: PdfChild;
  withdrawn?: boolean;
}

/**
 * Child processes that read PDFs. Whatever a PDF does to one of them ends that job alone: the child is killed and
 * replaced, and everybody else goes on.
 */
export class ChildPool {
  private readonly queue: JobQueue<QueuedJob>;
  private readonly children = new Set<PdfChild>();
  private readonly extras = new Map<PdfChild, NodeJS.Timeout | undefined>();
  private readonly starting = new Map<PdfChild, NodeJS.Timeout>();
  private restartTimer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: ChildPoolOptions) {
    this.queue = new JobQueue(options.maxQueuedJobs);
  }

  /** Starts the children; they are ready a moment later. */
  start(): void {
    this.refill();
  }

  get queued(): number {
    return this.queue.size;
  }

  /** Children that can work or do so. */
  get readyChildren(): number {
    return [...this.children].filter(({ ready, spent }) => ready && !spent).length;
  }

  get size(): number {
    return this.options.size;
  }

  /**
   * Refuses at once what would find no room half-way.
   * @throws PageSwarmError WORKER_BUSY unless `jobs` more may wait
   */
  demandRoom(jobs: number): void {
    if (this.queue.size + jobs > this.options.maxQueuedJobs) throw this.busy();
  }

  /**
   * Runs a job in a child.
   * @throws PageSwarmError WORKER_BUSY when the queue is full, CANCELLED, GOING_AWAY, PDF_TIMEOUT, PDF_MEMORY, PDF_CRASH, and
   *   whatever the job itself throws
   */
  async run<Kind extends JobKind>(request: JobRequest<Kind>): Promise<JobResult<PdfJobs[Kind]['value']>> {
    const started = this.options.clock.monotonic();
    const ended = (outcome: JobOutcome) =>
      this.options.observer?.jobEnded(request.kind, outcome, (this.options.clock.monotonic() - started) / 1_000);
    try {
      const result = await this.enqueue(request);
      ended('done');
      return result as JobResult<PdfJobs[Kind]['value']>;
    } catch (error) {
      ended(outcomeOf(error));
      throw error;
    }
  }

  /** Ends every child; jobs that wait or run end with GOING_AWAY. */
  close(): void {
    this.closed = true;
    clearTimeout(this.restartTimer);
    const goingAway = () => new PageSwarmError('GOING_AWAY', 'The pdf-worker is shutting down');
    for (const job of this.queue.clear()) job.reject(goingAway());
    for (const child of this.children) child.kill(goingAway());
  }

  private enqueue<Kind extends JobKind>({
    kind,
    params,
    source,
    document,
    blockBytes,
    priority,
    signal,
  }: JobRequest<Kind>): Promise<JobResult<unknown>> {
    if (this.closed) throw new PageSwarmError('GOING_AWAY', 'The pdf-worker is shutting down');
    if (signal?.aborted) throw cancelled();
    return new Promise((resolve, reject) => {
      const withdraw = () => this.withdraw(job);
      const settled = () => signal?.removeEventListener('abort', withdraw);
      const job: QueuedJob = {
        order: { kind, params, size: source.size, document, blockBytes },
        source,
        priority,
        resolve: (result) => {
          settled();
          resolve(result);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      };
      if (!this.queue.add(job)) {
        reject(this.busy());
        return;
      }
      signal?.addEventListener('abort', withdraw, { once: true });
      this.dispatch();
    });
  }

  private busy(): PageSwarmError {
    return new PageSwarmError('WORKER_BUSY', `${this.queue.size} jobs wait already, of ${this.options.maxQueuedJobs} that may`);
  }

  private withdraw(job: QueuedJob): void {
    job.withdrawn = true;
    if (this.queue.remove(job)) job.reject(cancelled());
    else job.child?.kill(cancelled());
  }

  private dispatch(): void {
    for (const child of this.children) {
      if (!child.ready || child.busy || child.spent) continue;
      const job = this.queue.take(this.extras.has(child));
      if (job) void this.work(child, job);
    }
    if (this.queue.hasInteractive() && this.extras.size < MAX_EXTRA_CHILDREN && this.starting.size === 0) this.startChild(true);
  }

  private async work(child: PdfChild, job: QueuedJob): Promise<void> {
    job.child = child;
    clearTimeout(this.extras.get(child));
    let failed = false;
    try {
      job.resolve(await child.run(job));
    } catch (error) {
      failed = true;
      job.reject(error);
    }
    const reason = this.replacementOf(child, job, failed);
    if (reason) {
      this.options.observer?.childReplaced(reason);
      child.kill();
    } else if (this.extras.has(child)) this.letGoWhenIdle(child);
    this.dispatch();
  }

  private replacementOf(child: PdfChild, job: QueuedJob, failed: boolean): RestartReason | undefined {
    if (child.spent) return job.withdrawn ? 'cancelled' : failed ? 'failure' : 'died';
    if (child.jobs >= (this.options.maxJobsPerChild ?? MAX_JOBS_PER_CHILD)) return 'jobs';
    return (child.residentBytes() ?? 0) > this.options.memoryBytes * RECYCLE_MEMORY_SHARE ? 'memory' : undefined;
  }

  private letGoWhenIdle(child: PdfChild): void {
    this.extras.set(
      child,
      setTimeout(() => child.kill(), EXTRA_CHILD_IDLE_MS),
    );
  }

  /** Brings the pool back to its size. */
  private refill(): void {
    while (!this.closed && this.children.size - this.extras.size < this.options.size) this.startChild(false);
  }

  private startChild(extra: boolean): void {
    const child: PdfChild = new PdfChild({
      script: this.options.script,
      timeoutMs: this.options.timeoutMs,
      memoryBytes: this.options.memoryBytes,
      maxOutputBytes: this.options.maxOutputBytes,
      clock: this.options.clock,
      onReady: () => {
        clearTimeout(this.starting.get(child));
        this.starting.delete(child);
        if (extra) this.letGoWhenIdle(child);
        this.dispatch();
      },
      onExit: () => this.onExit(child),
    });
    this.children.add(child);
    if (extra) this.extras.set(child, undefined);
    this.starting.set(
      child,
      setTimeout(() => child.kill(), CHILD_START_TIMEOUT_MS),
    );
  }

  private onExit(child: PdfChild): void {
    clearTimeout(this.starting.get(child));
    clearTimeout(this.extras.get(child));
    this.starting.delete(child);
    this.extras.delete(child);
    this.children.delete(child);
    if (this.closed) return;
    if (child.ready) {
      this.refill();
      return;
    }
    // It died before it could work, so the next one may well do the same: slowly, then.
    this.options.observer?.childReplaced('died');
    this.options.observer?.childComplained?.(child.complaint);
    clearTimeout(this.restartTimer);
    this.restartTimer = setTimeout(() => this.refill(), CHILD_RESTART_DELAY_MS);
  }
}

function cancelled(): PageSwarmError {
  return new PageSwarmError('CANCELLED', 'Whoever asked for this took the request back');
}

function outcomeOf(error: unknown): JobOutcome {
  const outcomes: Readonly<Record<string, JobOutcome>> = {
    PDF_TIMEOUT: 'timeout',
    PDF_MEMORY: 'memory',
    PDF_CRASH: 'crash',
    CANCELLED: 'cancelled',
    WORKER_BUSY: 'refused',
    GOING_AWAY: 'refused',
  };
  return (isPageSwarmError(error) && outcomes[error.code]) || 'failed';
}
