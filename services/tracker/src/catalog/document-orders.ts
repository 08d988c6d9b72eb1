import { setImmediate } from 'node:timers/promises';
import type { DocumentSort } from '@pageswarm/contracts';
import { OrderedNumbers } from '../columns/ordered-numbers.ts';
import type { DocumentTable } from './document-table.ts';
import { compareTexts, nameBytes, nameHead, nameKey } from './name-order.ts';

/** How many documents are put in order before others get their turn, while an order is made for the first time. */
export const ORDERED_PER_TURN = 100;

/** Where a document stands in an order, whether it is still listed or not. */
export interface OrderPlace {
  readonly value: string | number;
  readonly id: string;
}

interface Order {
  readonly list: OrderedNumbers;
  /** Slots below this are in the list as far as they are listed. */
  walked: number;
}

/**
 * Orders of all documents, each kept up to date from its first use on; that by the moment of adding is there from the
 * beginning. Documents of equal values are ordered by their ids.
 */
export class DocumentOrders {
  private readonly orders = new Map<DocumentSort, Order>();
  private readonly making = new Map<DocumentSort, Promise<void>>();

  constructor(private readonly documents: DocumentTable) {
    this.orders.set('added', { list: this.emptyList('added'), walked: Number.POSITIVE_INFINITY });
  }

  /** The document in this slot is listed from now on. */
  enter(slot: number): void {
    for (const { list, walked } of this.orders.values()) if (slot < walked) list.add(slot);
  }

  /** It is not listed any more; its values are still as they were when it entered. */
  leave(slot: number): void {
    for (const { list, walked } of this.orders.values()) if (slot < walked) list.delete(slot);
  }

  /** Makes a change of what the order goes by, and puts the document where it stands then. */
  move(sort: DocumentSort, slot: number, change: () => void): void {
    const order = this.orders.get(sort);
    const isIn = order !== undefined && slot < order.walked && order.list.delete(slot);
    change();
    if (isIn) order.list.add(slot);
  }

  isReady(sort: DocumentSort): boolean {
    return this.orders.get(sort)?.walked === Number.POSITIVE_INFINITY;
  }

  /** Makes an order that was never used, in small steps. */
  async prepare(sort: DocumentSort): Promise<void> {
    if (this.isReady(sort)) return;
    const running = this.making.get(sort) ?? this.make(sort).finally(() => this.making.delete(sort));
    this.making.set(sort, running);
    await running;
  }

  /** Slots in order, from behind a place if there is one; the order must be ready, and may not change while it is read. */
  read(sort: DocumentSort, isDescending: boolean, after?: OrderPlace): Generator<number> {
    const { list } = this.orders.get(sort) as Order;
    if (after === undefined) return isDescending ? list.backFrom() : list.from();
    const compare = this.comparedWith(sort, after);
    return isDescending ? list.backFrom((slot) => compare(slot) >= 0) : list.from((slot) => compare(slot) > 0);
  }

  /** How two documents stand to each other in an order; 0 only for the same. */
  compare(sort: DocumentSort, a: number, b: number): number {
    const byValue = sort === 'name' ? this.documents.compareNames(a, b) : this.numberOf(sort, a) - this.numberOf(sort, b);
    return byValue || this.documents.identities.compareIds(a, b);
  }

  /** How documents stand to a place in an order. */
  comparedWith(sort: DocumentSort, { value, id }: OrderPlace): (slot: number) => number {
    const { documents } = this;
    const byId = (slot: number) => compareTexts(documents.identities.idAt(slot), id);
    if (sort !== 'name') return (slot) => this.numberOf(sort, slot) - Number(value) || byId(slot);
    const key = String(value);
    const bytes = nameBytes(key);
    const head = nameHead(bytes, 0);
    return (slot) => documents.compareNameWith(slot, key, bytes, head) || byId(slot);
  }

  /** What a document is ordered by. Unknown pages come before all others. */
  valueOf(sort: DocumentSort, slot: number): string | number {
    return sort === 'name' ? nameKey(this.documents.nameOf(slot)) : this.numberOf(sort, slot);
  }

  private async make(sort: DocumentSort): Promise<void> {
    const order: Order = { list: this.emptyList(sort), walked: 0 };
    this.orders.set(sort, order);
    while (order.walked < this.documents.end) {
      const end = Math.min(this.documents.end, order.walked + ORDERED_PER_TURN);
      for (; order.walked < end; order.walked++) if (this.documents.isListed(order.walked)) order.list.add(order.walked);
      await setImmediate();
    }
    order.walked = Number.POSITIVE_INFINITY;
  }

  private emptyList(sort: DocumentSort): OrderedNumbers {
    return new OrderedNumbers((a, b) => this.compare(sort, a, b));
  }

  private numberOf(sort: Exclude<DocumentSort, 'name'>, slot: number): number {
    const { documents } = this;
    if (sort === 'added') return documents.addedAtOf(slot);
    if (sort === 'size') return documents.sizeOf(slot);
    return sort === 'pages' ? documents.pagesOf(slot) : documents.listedHostsOf(slot);
  }
}
