import { Float64Column } from '../columns/column.ts';
import type { Movable } from '../columns/movable.ts';
import { SlotQueue } from './slot-queue.ts';

/** How long a document that nobody holds any more stays listed, in milliseconds: its hosts may come back tomorrow. */
export const HOSTLESS_GRACE_MS = 86_400_000;

/** Documents that nobody holds, by slot, in the order in which they lost their last holder. */
export class HostlessDocuments {
  private readonly queue = new SlotQueue();
  private readonly since = new Float64Column();

  constructor(private readonly graceMs: number) {}

  get movables(): readonly Movable[] {
    return [...this.queue.movables, this.since];
  }

  /** Since when nobody holds it; undefined for one that somebody holds. */
  sinceOf(slot: number): number | undefined {
    return this.queue.has(slot) ? this.since.get(slot) : undefined;
  }

  /** Nobody holds it from now on; one that is here already waits no longer for that. */
  add(slot: number, now: number): void {
    if (this.queue.has(slot)) return;
    this.since.set(slot, now);
    this.queue.add(slot);
  }

  delete(slot: number): void {
    this.queue.delete(slot);
  }

  /** The one that has waited longest, if that is the whole grace. */
  firstDue(now: number): number | undefined {
    const slot = this.queue.first();
    return slot === undefined || this.since.get(slot) + this.graceMs > now ? undefined : slot;
  }
}
