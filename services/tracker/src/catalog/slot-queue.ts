import { Uint32Column } from '../columns/column.ts';
import type { Movable } from '../columns/movable.ts';

/**
 * Slots in the order in which they came, linked through columns: joining and leaving anywhere is a few writes, however
 * many there are.
 */
export class SlotQueue implements Movable {
  /** One more than the neighbour; 0 for none, also of slots that are not in the queue. */
  private readonly nexts = new Uint32Column();
  private readonly previous = new Uint32Column();
  private head = 0;
  private tail = 0;

  get movables(): readonly Movable[] {
    return [this, this.nexts, this.previous];
  }

  handOver(): { readonly head: number; readonly tail: number } {
    const { head, tail } = this;
    return { head, tail };
  }

  takeOver({ head, tail }: ReturnType<SlotQueue['handOver']>): void {
    this.head = head;
    this.tail = tail;
  }

  has(slot: number): boolean {
    return this.head === slot + 1 || this.previous.get(slot) !== 0;
  }

  /** The one that has waited longest. */
  first(): number | undefined {
    return this.head === 0 ? undefined : this.head - 1;
  }

  /** The slot joins at the end, unless it is in the queue already. */
  add(slot: number): void {
    if (this.has(slot)) return;
    if (this.tail === 0) this.head = slot + 1;
    else this.nexts.set(this.tail - 1, slot + 1);
    this.previous.set(slot, this.tail);
    this.nexts.set(slot, 0);
    this.tail = slot + 1;
  }

  delete(slot: number): void {
    if (!this.has(slot)) return;
    const before = this.previous.get(slot);
    const after = this.nexts.get(slot);
    if (before === 0) this.head = after;
    else this.nexts.set(before - 1, after);
    if (after === 0) this.tail = before;
    else this.previous.set(after - 1, before);
    this.previous.set(slot, 0);
    this.nexts.set(slot, 0);
  }
}
