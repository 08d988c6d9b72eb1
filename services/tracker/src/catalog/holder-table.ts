import type { PeerId } from '@pageswarm/primitives';
import { ShardedMap } from './sharded-map.ts';

/** A peer as the catalog knows it. */
export interface Holder {
  readonly peerId: PeerId;
  /** Grows when the peer begins to announce afresh, and when it is forgotten. */
  session: number;
  /** Whether others may see what it holds. */
  listed: boolean;
  /** What it told in earlier sessions than this is no longer true, and cleared little by little. */
  validFrom: number;
  /** When the last of that ended, in milliseconds since 1970. */
  endedAt: number;
  /** It is forgotten as soon as nothing is left to clear. */
  isLeaving: boolean;
}

/** Peers that hold something or are listed, by a small number that is used again when a peer is gone. */
export class HolderTable {
  private readonly numbers = new ShardedMap<PeerId, number>();
  private readonly holders: (Holder | undefined)[] = [];
  private readonly free: number[] = [];

  /** -1 for a peer that is not known. */
  find(peerId: PeerId): number {
    return this.numbers.get(peerId) ?? -1;
  }

  /** The number of a peer, new or known. */
  numberOf(peerId: PeerId): number {
    const known = this.numbers.get(peerId);
    if (known !== undefined) return known;
    const number = this.free.pop() ?? this.holders.length;
    this.holders[number] = { peerId, session: 0, listed: false, validFrom: 0, endedAt: 0, isLeaving: false };
    this.numbers.set(peerId, number);
    return number;
  }

  delete(number: number): void {
    const holder = this.at(number);
    this.numbers.delete(holder.peerId);
    this.holders[number] = undefined;
    this.free.push(number);
  }

  at(number: number): Holder {
    return this.holders[number] as Holder;
  }

  ids(): PeerId[] {
    return this.holders.flatMap((holder) => (holder ? [holder.peerId] : []));
  }
}
