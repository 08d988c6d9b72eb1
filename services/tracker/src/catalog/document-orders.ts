import { setImmediate } from 'node:timers/promises';
import type { DocumentSort } from '@pageswarm/contracts';
import { OrderedNumbers } from '../columns/ordered-numbers.ts';
import { Pace } from '../columns/pace.ts';
import { SORTED_PER_TURN, sortInTurns } from '../columns/sort-in-turns.ts';
import type { DocumentTable } from './document-table.ts';
import { compareTexts, nameBytes, nameHead, nameKey } from './name-order.ts';

/** How many documents that changed while an order was made are put in their place before others get their turn. */
export const ORDERED_PER_TURN = 100;

/** Where a document stands in an order, whether it is still listed or not. */
export interface OrderPlace {
  readonly value: string | number;
  readonly id: string;
}

interface Order {
  readonly list: OrderedNumbers;
  /** waiting: nothing is in the list. sorting: what was listed at its beginning is being sorted. settling: that is in. */
  state: 'waiting' | 'sorting' | 'settling' | 'ready';
  /** Slots that changed while the others were sorted, and are not in the list yet. */
  readonly changed: Set<number>;
}

/**
 * Orders of all documents, each kept up to date from its first use on; that by the moment of adding is there from the
 * beginning. Documents of equal values are ordered by their ids.
 */
export class DocumentOrders {
  private readonly orders = new Map<DocumentSort, Order>();
  private readonly making = new Map<DocumentSort, Promise<void>>();

  constructor(private readonly documents: DocumentTable) {
    this.orders.set('added', { list: this.emptyList('added'), state: 'ready', changed: new Set() });
  }

  /** Very many documents are about to come: the order that is always there is made when they have, as others are. */
  postpone(): void {
    this.orders.set('added', { list: this.emptyList('added'), state: 'waiting', changed: new Set() });
  }

  /** The document in this slot is listed from now on. */
  enter(slot: number): void {
    for (const order of this.orders.values()) if (isKept(order, slot)) order.list.add(slot);
  }

  /** It is not listed any more; its values are still as they were when it entered. */
  leave(slot: number): void {
    for (const order of this.orders.values()) if (isKept(order, slot)) order.list.delete(slot);
  }

  /** Makes a change of what the order goes by, and puts the document where it stands then. */
  move(sort: DocumentSort, slot: number, change: () => void): void {
    const order = this.orders.get(sort);
    const isIn = order !== undefined && isKept(order, slot) && order.list.delete(slot);
    change();
    if (isIn) order.list.add(slot);
  }

  isReady(sort: DocumentSort): boolean {
    return this.orders.get(sort)?.state === 'ready';
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
    const { documents } = this;
    const order: Order = { list: this.emptyList(sort), state: 'sorting', changed: new Set() };
    this.orders.set(sort, order);
    const slots = new Uint32Array(documents.size);
    let count = 0;
    // Who comes and goes from here on has changed, and is put in its place at the end.
    const { end } = documents;
    const { turn } = new Pace();
    for (let slot = 0; slot < end; slot++) {
      if (documents.isListed(slot) && !order.changed.has(slot)) slots[count++] = slot;
      if (slot % SORTED_PER_TURN === SORTED_PER_TURN - 1) await turn();
    }
    const keys = { keyOf: this.keyOf(sort), compare: (a: number, b: number) => this.compare(sort, a, b) };
    const hasChanged = (slot: number) => order.changed.has(slot);
    const sorted = await sortInTurns(slots.subarray(0, count), keys, hasChanged, turn);
    const unchanged = () => (order.changed.size === 0 ? sorted : sorted.filter((slot) => !hasChanged(slot)));
    const { size } = order.changed;
    const settle = () => {
      order.state = 'settling';
    };
    const isFilled = await order.list.fillInTurns(unchanged(), turn, () => {
      // Whatever changed meanwhile may have come with the others; then they come at once.
      if (order.changed.size > size) return false;
      settle();
      return true;
    });
    if (!isFilled) {
      order.list.fill(unchanged());
      settle();
    }
    let settled = 0;
    for (const slot of order.changed) {
      order.changed.delete(slot);
      if (documents.isListed(slot)) order.list.add(slot);
      if (++settled % ORDERED_PER_TURN === 0) await setImmediate();
    }
    order.state = 'ready';
  }

  /** Decides between most documents; names are compared as a whole. */
  private keyOf(sort: DocumentSort): (slot: number) => number {
    return sort === 'name' ? () => 0 : (slot) => this.numberOf(sort, slot);
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

/** Whether a change of the document in this slot is to be made in the list, and not when the others are in order. */
function isKept({ state, changed }: Order, slot: number): boolean {
  if (state === 'sorting') changed.add(slot);
  return state === 'ready' || (state === 'settling' && !changed.has(slot));
}
