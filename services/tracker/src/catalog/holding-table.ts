import { Uint32Column } from '../columns/column.ts';
import { HashTable, hashOfPair } from '../columns/hash-table.ts';
import type { Movable } from '../columns/movable.ts';
import type { Turn } from '../columns/pace.ts';

/** A complete holding has this bit beside its pieces. */
const COMPLETE = 0x8000_0000;
/** A holding that counts among the listed hosts of its document has this one. */
const COUNTED = 0x4000_0000;
const PIECES_MASK = COUNTED - 1;

/**
 * The hosts of a document are gone through up to this number of them, and looked up in a table above it. Most documents have
 * fewer, and their rows lie together: to enter a million documents with three hosts each into a table took 0.8 s and 20 MB.
 */
export const MAX_WALKED_HOSTS = 8;
/** Rows that are entered into the table before others may get their turn, when very many came at once. */
const ENTERED_PER_TURN = 1_024;

/**
 * Which host holds which document, one row for each such pair: linked to the other hosts of the document and to the other
 * documents of the host. A change is a few writes, and a host's end costs its own rows only, however
 * many hosts a document has and however many documents there are.
 */
export class HoldingTable implements Movable {
  private readonly slots = new Uint32Column();
  private readonly hosts = new Uint32Column();
  private readonly pieces = new Uint32Column();
  private readonly sessions = new Uint32Column();
  /** One more than the row; 0 for none. Free rows are linked by the first of these. */
  private readonly nextOfSlot = new Uint32Column();
  private readonly previousOfSlot = new Uint32Column();
  private readonly nextOfHost = new Uint32Column();
  private readonly previousOfHost = new Uint32Column();
  private readonly headOfSlot = new Uint32Column();
  private readonly headOfHost = new Uint32Column();
  private readonly countOfSlot = new Uint32Column();
  private readonly countOfHost = new Uint32Column();
  /** Rows of documents with more than {@link MAX_WALKED_HOSTS}, by their pairs. */
  private readonly rows = new HashTable((row) => hashOfPair(this.slots.get(row), this.hosts.get(row)));
  private freeRow = 0;
  private end = 0;
  private changes = 0;
  private isFilling = false;
  /** Documents that got more than {@link MAX_WALKED_HOSTS} while rows came at once. */
  private crowded: number[] = [];

  /** Whether very many rows come: then {@link addAll} may be used. */
  get isBeingFilled(): boolean {
    return this.isFilling;
  }

  /** Rows that were written, ever; tests count them. */
  get writes(): number {
    return this.changes;
  }

  get movables(): readonly Movable[] {
    return [
      ...[this, this.slots, this.hosts, this.pieces, this.sessions, this.rows],
      ...[this.nextOfSlot, this.previousOfSlot, this.headOfSlot, this.countOfSlot],
      ...[this.nextOfHost, this.previousOfHost, this.headOfHost, this.countOfHost],
    ];
  }

  handOver(): { readonly freeRow: number; readonly end: number; readonly changes: number } {
    const { freeRow, end, changes } = this;
    return { freeRow, end, changes };
  }

  takeOver({ freeRow, end, changes }: ReturnType<HoldingTable['handOver']>): void {
    this.freeRow = freeRow;
    this.end = end;
    this.changes = changes;
    this.isFilling = false;
  }

  /** Very many rows are about to come and none to go; until {@link endFilling} has resolved they may not be found by their pairs. */
  beginFilling(): void {
    this.isFilling = this.end === 0;
  }

  /** They have come, and none comes or goes before this resolves. */
  async endFilling(turn: Turn): Promise<void> {
    if (!this.isFilling) return;
    let entered = 0;
    for (const slot of this.crowded)
      for (let row = this.firstOfSlot(slot); row !== -1; row = this.followingOfSlot(row)) {
        this.enter(row);
        if (++entered % ENTERED_PER_TURN === 0) await turn();
      }
    this.crowded = [];
    this.isFilling = false;
  }

  /** The row of a pair; -1 if the host does not hold the document. */
  find(slot: number, host: number): number {
    if (this.countOfSlot.get(slot) > MAX_WALKED_HOSTS)
      return this.rows.find(hashOfPair(slot, host), (row) => this.slots.get(row) === slot && this.hosts.get(row) === host);
    let row = this.firstOfSlot(slot);
    while (row !== -1 && this.hosts.get(row) !== host) row = this.followingOfSlot(row);
    return row;
  }

  /** The pair must not be there yet. */
  add(slot: number, host: number, have: number, complete: boolean, session: number): number {
    const row = this.takeRow();
    this.pieces.set(row, 0);
    this.slots.set(row, slot);
    this.hosts.set(row, host);
    this.set(row, have, complete, session);
    this.link(row, this.headOfSlot, slot, this.nextOfSlot, this.previousOfSlot);
    this.link(row, this.headOfHost, host, this.nextOfHost, this.previousOfHost);
    const hosts = this.countOfSlot.get(slot) + 1;
    this.countOfSlot.set(slot, hosts);
    this.countOfHost.set(host, this.countOfHost.get(host) + 1);
    if (hosts > MAX_WALKED_HOSTS) this.crowd(slot, row, hosts);
    return row;
  }

  /**
   * While very many rows come, all rows of a document that has none, in the session 0 of their hosts: they lie one behind
   * the other and are linked without a look at each other.
   * @param hosts different ones
   * @param told how many pieces each has, twice, and one more if that is all
   * @returns the first row
   */
  addAll(slot: number, count: number, hosts: Uint32Array, told: Uint32Array): number {
    const first = this.end;
    this.end += count;
    this.changes += count;
    for (let n = 0; n < count; n++) {
      const row = first + n;
      const host = hosts[n] as number;
      const pieces = told[n] as number;
      this.slots.set(row, slot);
      this.hosts.set(row, host);
      this.pieces.set(row, ((pieces >>> 1) | ((pieces & 1) === 1 ? COMPLETE : 0)) >>> 0);
      this.nextOfSlot.set(row, n + 1 < count ? row + 2 : 0);
      this.previousOfSlot.set(row, n === 0 ? this.end : row);
      this.link(row, this.headOfHost, host, this.nextOfHost, this.previousOfHost);
      this.countOfHost.set(host, this.countOfHost.get(host) + 1);
    }
    if (count === 0) return first;
    this.headOfSlot.set(slot, first + 1);
    this.countOfSlot.set(slot, count);
    if (count > MAX_WALKED_HOSTS) this.crowded.push(slot);
    return first;
  }

  set(row: number, have: number, complete: boolean, session: number): void {
    this.changes++;
    this.pieces.set(row, (have | (complete ? COMPLETE : 0) | (this.pieces.get(row) & COUNTED)) >>> 0);
    this.sessions.set(row, session);
  }

  delete(row: number): void {
    this.changes++;
    const slot = this.slots.get(row);
    const host = this.hosts.get(row);
    const left = this.countOfSlot.get(slot) - 1;
    if (left >= MAX_WALKED_HOSTS) this.takeOut(row);
    this.unlink(row, this.headOfSlot, slot, this.nextOfSlot, this.previousOfSlot);
    this.unlink(row, this.headOfHost, host, this.nextOfHost, this.previousOfHost);
    if (left === MAX_WALKED_HOSTS) this.eachOfSlot(slot, (other) => this.takeOut(other));
    this.countOfSlot.set(slot, left);
    this.countOfHost.set(host, this.countOfHost.get(host) - 1);
    this.nextOfSlot.set(row, this.freeRow);
    this.freeRow = row + 1;
  }

  slotOf(row: number): number {
    return this.slots.get(row);
  }

  hostOf(row: number): number {
    return this.hosts.get(row);
  }

  haveOf(row: number): number {
    return this.pieces.get(row) & PIECES_MASK;
  }

  /** Whether it counts among the listed hosts of its document. */
  isCounted(row: number): boolean {
    return (this.pieces.get(row) & COUNTED) !== 0;
  }

  setCounted(row: number, isCounted: boolean): void {
    this.changes++;
    const others = this.pieces.get(row) & ~COUNTED;
    this.pieces.set(row, (isCounted ? others | COUNTED : others) >>> 0);
  }

  isComplete(row: number): boolean {
    return this.pieces.get(row) >= COMPLETE;
  }

  sessionOf(row: number): number {
    return this.sessions.get(row);
  }

  hostsOf(slot: number): number {
    return this.countOfSlot.get(slot);
  }

  documentsOf(host: number): number {
    return this.countOfHost.get(host);
  }

  /** Rows of a document, the earliest first; -1 for none. */
  firstOfSlot(slot: number): number {
    return this.headOfSlot.get(slot) - 1;
  }

  followingOfSlot(row: number): number {
    return this.nextOfSlot.get(row) - 1;
  }

  /** Rows of a host, the earliest first; -1 for none. */
  firstOfHost(host: number): number {
    return this.headOfHost.get(host) - 1;
  }

  followingOfHost(row: number): number {
    return this.nextOfHost.get(row) - 1;
  }

  /** Puts the first row of a host behind its others, for whoever goes through them a few at a time. */
  rotateHost(host: number): void {
    const head = this.headOfHost.get(host);
    const second = this.nextOfHost.get(head - 1);
    if (second === 0) return;
    const tail = this.previousOfHost.get(head - 1);
    this.nextOfHost.set(tail - 1, head);
    this.nextOfHost.set(head - 1, 0);
    this.previousOfHost.set(second - 1, head);
    this.headOfHost.set(host, second);
  }

  /** A document has a row more than are gone through. */
  private crowd(slot: number, row: number, hosts: number): void {
    const isFirst = hosts === MAX_WALKED_HOSTS + 1;
    if (this.isFilling) {
      if (isFirst) this.crowded.push(slot);
    } else if (isFirst) this.eachOfSlot(slot, (other) => this.enter(other));
    else this.enter(row);
  }

  private enter(row: number): void {
    this.rows.add(hashOfPair(this.slots.get(row), this.hosts.get(row)), row);
  }

  private takeOut(row: number): void {
    this.rows.delete(hashOfPair(this.slots.get(row), this.hosts.get(row)), row);
  }

  private eachOfSlot(slot: number, take: (row: number) => void): void {
    for (let row = this.firstOfSlot(slot); row !== -1; row = this.followingOfSlot(row)) take(row);
  }

  private takeRow(): number {
    if (this.freeRow === 0) return this.end++;
    const row = this.freeRow - 1;
    this.freeRow = this.nextOfSlot.get(row);
    return row;
  }

  /** At the end, which the first row has as the one before it, so that lists need no column of their ends. */
  private link(row: number, heads: Uint32Column, owner: number, nexts: Uint32Column, previous: Uint32Column): void {
    const head = heads.get(owner);
    nexts.set(row, 0);
    if (head === 0) {
      heads.set(owner, row + 1);
      previous.set(row, row + 1);
      return;
    }
    const tail = previous.get(head - 1);
    nexts.set(tail - 1, row + 1);
    previous.set(row, tail);
    previous.set(head - 1, row + 1);
  }

  private unlink(row: number, heads: Uint32Column, owner: number, nexts: Uint32Column, previous: Uint32Column): void {
    const after = nexts.get(row);
    const before = previous.get(row);
    if (heads.get(owner) === row + 1) heads.set(owner, after);
    else nexts.set(before - 1, after);
    const follower = after === 0 ? heads.get(owner) : after;
    if (follower !== 0) previous.set(follower - 1, before);
  }
}
