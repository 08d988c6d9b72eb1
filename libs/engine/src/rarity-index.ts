/**
 * Open pieces in buckets by how many partial holders have them. Every change is O(1).
 * Complete holders have every piece alike, so they do not count.
 */
export class RarityIndex {
  private readonly holders: Uint16Array;
  /** The place of an open piece in its bucket, -1 for a piece that is not open. */
  private readonly places: Int32Array;
  private readonly buckets: number[][] = [[]];

  constructor(pieceCount: number) {
    this.holders = new Uint16Array(pieceCount);
    this.places = new Int32Array(pieceCount).fill(-1);
  }

  /** How many partial holders have the piece. */
  holdersOf(piece: number): number {
    return this.holders[piece] as number;
  }

  add(piece: number): void {
    if (this.places[piece] !== -1) return;
    const bucket = this.bucket(this.holdersOf(piece));
    this.places[piece] = bucket.length;
    bucket.push(piece);
  }

  remove(piece: number): void {
    const place = this.places[piece] as number;
    if (place === -1) return;
    const bucket = this.bucket(this.holdersOf(piece));
    const last = bucket.pop() as number;
    if (last !== piece) {
      bucket[place] = last;
      this.places[last] = place;
    }
    this.places[piece] = -1;
  }

  /** One partial holder more (1) or less (-1). */
  change(piece: number, by: 1 | -1): void {
    const open = this.places[piece] !== -1;
    if (open) this.remove(piece);
    this.holders[piece] = (this.holders[piece] as number) + by;
    if (open) this.add(piece);
  }

  /** Open pieces with exactly this many partial holders, in no particular order; not to be kept over a change. */
  with(holders: number): readonly number[] {
    return this.buckets[holders] ?? [];
  }

  /** One more than the largest number of holders that any open piece may have. */
  get levels(): number {
    return this.buckets.length;
  }

  private bucket(holders: number): number[] {
    while (this.buckets.length <= holders) this.buckets.push([]);
    return this.buckets[holders] as number[];
  }
}
