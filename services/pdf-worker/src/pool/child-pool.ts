import { type ByteSource, isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import { ChildCrew, type ChildCrewOptions } from './child-crew.ts';
import { type JobPriority, JobQueue } from './job-queue.ts';
import { MAX_JOBS_PER_CHILD, RECYCLE_MEMORY_SHARE } from './limits.ts';
import type { ChildJob, PdfChild } from './pdf-child.ts';
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

export interface ChildPoolOptions extends ChildCrewOptions {
  readonly maxQueuedJobs: number;
  readonly maxJobsPerChild?: number;
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
  private readonly crew: ChildCrew;
  private closed = false;

  constructor(private readonly options: ChildPoolOptions) {
    this.queue = new JobQueue(options.maxQueuedJobs);
    this.crew = new ChildCrew(options, {
      childReady: () => this.dispatch(),
      childStillborn: (complaint) => {
        options.observer?.childReplaced('died');
        options.observer?.childComplained?.(complaint);
      },
    });
  }

  /** Starts the children; they are ready a moment later. */
  start(): void {
    this.crew.refill();
  }

  get queued(): number {
    return this.queue.size;
  }

  /** Children that can work or do so. */
  get readyChildren(): number {
    return this.crew.ready;
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
    const goingAway = () => new PageSwarmError('GOING_AWAY', 'The pdf-worker is shutting down');
    for (const job of this.queue.clear()) job.reject(goingAway());
    this.crew.close((child) => child.kill(goingAway()));
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
    for (const child of this.crew.idle()) {
      const job = this.queue.take(this.crew.isExtra(child));
      if (job) void this.work(child, job);
    }
    if (this.queue.hasInteractive()) this.crew.startExtra();
  }

  private async work(child: PdfChild, job: QueuedJob): Promise<void> {
    job.child = child;
    this.crew.took(child);
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
    } else this.crew.ended(child);
    this.dispatch();
  }

  private replacementOf(child: PdfChild, job: QueuedJob, failed: boolean): RestartReason | undefined {
    if (child.spent) return job.withdrawn ? 'cancelled' : failed ? 'failure' : 'died';
    if (child.jobs >= (this.options.maxJobsPerChild ?? MAX_JOBS_PER_CHILD)) return 'jobs';
    return (child.residentBytes() ?? 0) > this.options.memoryBytes * RECYCLE_MEMORY_SHARE ? 'memory' : undefined;
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
