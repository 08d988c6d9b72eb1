import type { PeerId } from '@pageswarm/primitives';
import { type Holder, HolderTable } from './holder-table.ts';
import { HoldingTable } from './holding-table.ts';

/** How many documents of one peer are counted anew before others get their turn. */
export const SETTLED_PER_TURN = 500;

/** What a ledger tells about documents, by slot. */
export interface LedgerListener {
  /** One listed host more or less. */
  count(slot: number, change: 1 | -1): void;
  /** A peer that was counted is counted no more, or the other way round. */
  relisted(slot: number): void;
  /** A peer holds the document no longer. */
  released(slot: number, now: number): void;
}

/**
 * Who holds what, and who of them is listed. What is said of a peer holds for all its documents at once; what has to be
 * counted anew for each of them follows a few at a time, so that a peer with very many documents stops nobody.
 */
export class HolderLedger {
  readonly holdings = new HoldingTable();
  readonly holders = new HolderTable();
  /** How many documents of which peers are still to be brought in line with what is said of the peer. */
  private readonly settling = new Map<number, number>();

  constructor(private readonly listener: LedgerListener) {}

  /** The row of a peer and a document; -1 if the peer does not hold it. */
  find(slot: number, peerId: PeerId): number {
    const number = this.holders.find(peerId);
    return slot === -1 || number === -1 ? -1 : this.holdings.find(slot, number);
  }

  /** The peer must not hold the document yet. */
  add(slot: number, number: number, have: number, complete: boolean): void {
    const { session, listed } = this.holders.at(number);
    const row = this.holdings.add(slot, number, have, complete, session);
    if (listed) this.count(row, true);
  }

  /** The same for all peers of a document that nobody holds yet; see {@link HoldingTable.addAll}. */
  addAll(slot: number, count: number, numbers: Uint32Array, told: Uint32Array): void {
    const { holdings, holders } = this;
    if (!holdings.isBeingFilled) {
      for (let n = 0; n < count; n++) this.add(slot, numbers[n] as number, (told[n] as number) >>> 1, ((told[n] as number) & 1) === 1);
      return;
    }
    const first = holdings.addAll(slot, count, numbers, told);
    for (let n = 0; n < count; n++) {
      const { session, listed } = holders.at(numbers[n] as number);
      if (session !== 0) holdings.set(first + n, holdings.haveOf(first + n), holdings.isComplete(first + n), session);
      if (listed) this.count(first + n, true);
    }
  }

  release(row: number, now: number): void {
    const { holdings } = this;
    const slot = holdings.slotOf(row);
    if (holdings.isCounted(row)) this.count(row, false);
    holdings.delete(row);
    this.listener.released(slot, now);
  }

  /** Forgets a peer and all that it holds. */
  drop(peerId: PeerId, now: number): void {
    const number = this.holders.find(peerId);
    if (number === -1) return;
    const holder = this.holders.at(number);
    holder.session++;
    holder.listed = false;
    holder.isLeaving = true;
    this.end(number, holder, now);
  }

  setListed(peerId: PeerId, listed: boolean): void {
    const number = this.holders.numberOf(peerId);
    const holder = this.holders.at(number);
    holder.isLeaving = false;
    if (holder.listed === listed) return;
    holder.listed = listed;
    this.settle(number);
  }

  beginSession(peerId: PeerId): number {
    const holder = this.holders.at(this.holders.numberOf(peerId));
    holder.session++;
    holder.isLeaving = false;
    return holder.session;
  }

  /** Forgets what was told in earlier sessions, if `session` is the present one. */
  dropStale(peerId: PeerId, session: number, now: number): void {
    const number = this.holders.find(peerId);
    if (number === -1 || this.holders.at(number).session !== session) return;
    this.end(number, this.holders.at(number), now);
  }

  private end(number: number, holder: Holder, now: number): void {
    holder.validFrom = holder.session;
    holder.endedAt = now;
    this.settle(number);
  }

  private settle(number: number): void {
    const isRunning = this.settling.has(number);
    this.settling.set(number, this.holdings.documentsOf(number));
    if (!isRunning) this.settleSome(number);
  }

  private settleSome(number: number): void {
    const { holdings, settling } = this;
    const holder = this.holders.at(number);
    let left = Math.min(settling.get(number) ?? 0, holdings.documentsOf(number));
    for (let turn = 0; left > 0 && turn < SETTLED_PER_TURN; turn++, left--) {
      const row = holdings.firstOfHost(number);
      if (holdings.sessionOf(row) < holder.validFrom) {
        this.release(row, holder.endedAt);
        continue;
      }
      holdings.rotateHost(number);
      if (holdings.isCounted(row) === holder.listed) continue;
      this.count(row, holder.listed);
      this.listener.relisted(holdings.slotOf(row));
    }
    if (left > 0) {
      settling.set(number, left);
      setImmediate(() => this.settleSome(number));
      return;
    }
    settling.delete(number);
    if (holder.isLeaving && holdings.documentsOf(number) === 0) this.holders.delete(number);
  }

  private count(row: number, isCounted: boolean): void {
    this.holdings.setCounted(row, isCounted);
    this.listener.count(this.holdings.slotOf(row), isCounted ? 1 : -1);
  }
}
