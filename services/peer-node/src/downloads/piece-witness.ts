import { Bitfield, type IndexRange, indexesOf, type PeerId } from '@pageswarm/primitives';

interface SeenHost {
  readonly address: string;
  pieces: 'all' | Bitfield;
}

/** A host that had some of the pieces in question when it was last heard of. */
export interface PieceHolder {
  readonly peerId: PeerId;
  readonly address: string;
}

/** Remembers what each host of a download has had, also after it left: whoever waits in vain is told whom to wait for. */
export class PieceWitness {
  private readonly hosts = new Map<PeerId, SeenHost>();

  constructor(private readonly pieceCount: number) {}

  found(peerId: PeerId, address: string, complete: boolean): void {
    const known = this.hosts.get(peerId)?.pieces ?? new Bitfield(this.pieceCount);
    this.hosts.set(peerId, { address, pieces: complete ? 'all' : known });
  }

  has(peerId: PeerId, pieces: readonly IndexRange[]): void {
    const host = this.hosts.get(peerId);
    if (!host || host.pieces === 'all') return;
    for (const piece of indexesOf(pieces)) if (piece < this.pieceCount) host.pieces.set(piece);
  }

  /** Hosts that were seen with any of these pieces. */
  holdersOf(pieces: readonly IndexRange[]): PieceHolder[] {
    const wanted = [...indexesOf(pieces)];
    return [...this.hosts]
      .filter(([, { pieces: had }]) => had === 'all' || wanted.some((piece) => had.has(piece)))
      .map(([peerId, { address }]) => ({ peerId, address }));
  }
}
