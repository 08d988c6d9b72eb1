/** How urgent a job is: a person waits for an interactive one, nobody for a background one. */
export type JobPriority = 'interactive' | 'background';

/** Jobs that wait for a child: interactive ones first, then in the order of their coming; never more than `limit`. */
export class JobQueue<Job extends { readonly priority: JobPriority }> {
  private readonly waiting: Record<JobPriority, Set<Job>> = { interactive: new Set(), background: new Set() };

  constructor(private readonly limit: number) {}

  get size(): number {
    return this.waiting.interactive.size + this.waiting.background.size;
  }

  /** @returns false if the queue is full */
  add(job: Job): boolean {
    if (this.size >= this.limit) return false;
    this.waiting[job.priority].add(job);
    return true;
  }

  /** @returns true if the job was still waiting */
  remove(job: Job): boolean {
    return this.waiting[job.priority].delete(job);
  }

  /** Takes the next job out. @param interactiveOnly leaves background jobs where they are */
  take(interactiveOnly = false): Job | undefined {
    const next = first(this.waiting.interactive) ?? (interactiveOnly ? undefined : first(this.waiting.background));
    if (next) this.remove(next);
    return next;
  }

  hasInteractive(): boolean {
    return this.waiting.interactive.size > 0;
  }

  /** Takes everything out. */
  clear(): Job[] {
    const jobs = [...this.waiting.interactive, ...this.waiting.background];
    this.waiting.interactive.clear();
    this.waiting.background.clear();
    return jobs;
  }
}

function first<T>(set: Set<T>): T | undefined {
  for (const item of set) return item;
  return undefined;
}
