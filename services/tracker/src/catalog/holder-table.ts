import type { PeerId } from '@pageswarm/primitives';
import type { Movable } from '../columns/movable.ts';
import type { Turn } from '../columns/pace.ts';
import { ShardedMap } from './sharded-map.ts';

/** Peers that are taken over before others may get their turn. */
const NUMBERED_PER_TURN = 256;

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
export class HolderTable implements Movable {
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

  /** The ids of peers of which nothing is known but that they hold something, in the order of their numbers. */
  handOver(): PeerId[] {
    return this.ids();
  }

  async takeOver(ids: readonly PeerId[], turn: Turn): Promise<void> {
    for (const [number, id] of ids.entries()) {
      if (this.numberOf(id) !== number) throw new Error('Peers have other numbers here than where documents came from');
      if (number % NUMBERED_PER_TURN === 0) await turn();
    }
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
