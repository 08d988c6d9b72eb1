import type { DownloadJob } from './download-job.ts';

/** All downloads in the order in which their owner wants them. */
export class DownloadQueue {
  private items: DownloadJob[] = [];

  list(): readonly DownloadJob[] {
    return this.items;
  }

  find(id: string): DownloadJob | undefined {
    return this.items.find((job) => job.order.id === id);
  }

  add(job: DownloadJob): void {
    this.items.push(job);
  }

  remove(job: DownloadJob): void {
    this.items = this.items.filter((other) => other !== job);
  }

  /** Place among the downloads that are not done, from 1; null for one that is. */
  positionOf(job: DownloadJob): number | null {
    if (job.state === 'done') return null;
    return this.unfinished().indexOf(job) + 1 || null;
  }

  /** Puts a download at a place from 1 among those that are not done; beyond the end is the end. */
  move(job: DownloadJob, position: number): void {
    const others = this.unfinished().filter((other) => other !== job);
    const follower = others[position - 1];
    this.remove(job);
    this.items.splice(follower ? this.items.indexOf(follower) : this.items.length, 0, job);
  }

  /** Those that wait for a slot: the highest priority first, in their order. */
  waiting(): DownloadJob[] {
    // Sorting is stable, so the order decides between equals.
    return this.items.filter((job) => job.state === 'queued').sort((a, b) => b.order.priority - a.order.priority);
  }

  private unfinished(): DownloadJob[] {
    return this.items.filter((job) => job.state !== 'done');
  }
}
