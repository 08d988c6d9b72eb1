import { copyFew, HASH_BYTES } from './announce.ts';

/** Room that a swarm begins with, in peers; it doubles when it is full. */
const FIRST_CAPACITY = 2;
/** When a peer was seen, as a whole number of seconds. */
const MOMENT_BYTES = 4;
/** Up to so many peers looking at each is faster than an index, and needs no memory. */
const UNINDEXED_PEERS = 16;
/** So few bytes are copied faster by hand; `Buffer.copy` also moves what it reads out of the heap, and most swarms are small. */
const FEW_BYTES = 36;
/** An index has at least this many places for each peer. */
const INDEX_SPACE = 2;

/**
 * The peers of one address family in one swarm, as bytes: compact addresses behind each other (BEP 23: 6 bytes, BEP 7: 18),
 * so that an answer is a copy of a stretch of memory, then all peer ids, then when each was seen. Those who still lack
 * pieces stand first. One array for all of it: most swarms are small, and what a new one leaves to the collector counts.
 */
export class PeerSlots {
  private bytes: Buffer;
  /** Room, in peers. */
  private capacity = FIRST_CAPACITY;
  /** Places of peers by a hash of their address, one more than the place; 0 is free. */
  private index: Int32Array | undefined;
  private count = 0;
  private lacking = 0;

  constructor(readonly width: number) {
    this.bytes = Buffer.alloc(FIRST_CAPACITY * this.peerBytes);
  }

  get size(): number {
    return this.count;
  }

  get leechers(): number {
    return this.lacking;
  }

  get seeders(): number {
    return this.count - this.lacking;
  }

  isSeeder(place: number): boolean {
    return place >= this.lacking;
  }

  /** @param key the compact address. @returns -1 for one that is not here */
  find(key: Buffer): number {
    const { index, width, bytes } = this;
    if (index) {
      const mask = index.length - 1;
      for (let at = this.hash(key, 0) & mask; ; at = (at + 1) & mask) {
        const place = (index[at] as number) - 1;
        if (place < 0) return -1;
        if (isSame(bytes, place * width, key, width)) return place;
      }
    }
    for (let place = 0; place < this.count; place++) if (isSame(bytes, place * width, key, width)) return place;
    return -1;
  }

  /** @returns the place of the new peer */
  add(key: Buffer, peerId: Buffer, isSeeder: boolean, seconds: number): number {
    if (this.count === this.capacity) this.grow();
    const place = this.count++;
    copyFew(key, 0, this.bytes, place * this.width, this.width);
    this.write(place, peerId, seconds);
    if (this.index) this.enter(place);
    else if (this.count > UNINDEXED_PEERS) this.buildIndex();
    return isSeeder ? place : this.swap(place, this.lacking++);
  }

  /** A peer announced again. @returns its place, which is another one if it began or ceased to be a seeder */
  update(place: number, peerId: Buffer, isSeeder: boolean, seconds: number): number {
    this.write(place, peerId, seconds);
    if (this.isSeeder(place) === isSeeder) return place;
    return isSeeder ? this.swap(place, --this.lacking) : this.swap(place, this.lacking++);
  }

  remove(place: number): void {
    const edge = this.isSeeder(place) ? place : this.swap(place, --this.lacking);
    const last = this.swap(edge, this.count - 1);
    if (this.index) this.erase(last);
    this.count--;
  }

  /** Removes peers of one address, or of one peer id. */
  forget({ address, peerId }: { readonly address?: Buffer | undefined; readonly peerId?: Buffer | undefined }): void {
    for (let place = this.count - 1; place >= 0; place--) {
      const isThere = address?.length === this.width - 2 && isSame(this.bytes, place * this.width, address, address.length);
      if (isThere || (peerId && isSame(this.bytes, this.idAt(place), peerId, HASH_BYTES))) this.remove(place);
    }
  }

  /** Removes peers that were last seen before `seconds`. @returns when the one that is silent longest was seen */
  expire(seconds: number): number {
    let oldest = Number.POSITIVE_INFINITY;
    for (let place = this.count - 1; place >= 0; place--) if (this.seenAt(place) < seconds) this.remove(place);
    for (let place = 0; place < this.count; place++) oldest = Math.min(oldest, this.seenAt(place));
    return oldest;
  }

  /** How many peers an asker gets: a seeder needs no other seeders, and nobody itself. @param own its place, or -1 */
  available(own: number, isSeeder: boolean, most: number): number {
    const all = isSeeder ? this.lacking : this.count;
    return Math.min(most, own >= 0 && own < all ? all - 1 : all);
  }

  /**
   * Copies compact addresses for an asker, a stretch that begins at a place of chance.
   * @param count what {@link available} said
   * @returns where in `into` they end
   */
  pick(into: Buffer, offset: number, own: number, isSeeder: boolean, count: number, chance: number): number {
    const all = isSeeder ? this.lacking : this.count;
    if (count <= 0) return offset;
    const { bytes, width } = this;
    let at = Math.floor(chance * all);
    let left = count;
    let end = offset;
    while (left > 0) {
      if (at >= all) at = 0;
      if (at === own) {
        at++;
        continue;
      }
      const stop = own > at && own < all ? own : all;
      const stretch = Math.min(left, stop - at);
      if (stretch * width <= FEW_BYTES) copyFew(bytes, at * width, into, end, stretch * width);
      else bytes.copy(into, end, at * width, (at + stretch) * width);
      end += stretch * width;
      at += stretch;
      left -= stretch;
    }
    return end;
  }

  /** The peer id that a peer at this compact address told last; undefined for one that is not here. */
  peerIdOf(key: Buffer): Buffer | undefined {
    const place = this.find(key);
    if (place < 0) return undefined;
    const start = this.idAt(place);
    return this.bytes.subarray(start, start + HASH_BYTES);
  }

  private get peerBytes(): number {
    return this.width + HASH_BYTES + MOMENT_BYTES;
  }

  private idAt(place: number): number {
    return this.capacity * this.width + place * HASH_BYTES;
  }

  private momentAt(place: number): number {
    return this.capacity * (this.width + HASH_BYTES) + place * MOMENT_BYTES;
  }

  /** In seconds. */
  private seenAt(place: number): number {
    return this.bytes.readUInt32LE(this.momentAt(place));
  }

  private write(place: number, peerId: Buffer, seconds: number): void {
    copyFew(peerId, 0, this.bytes, this.idAt(place), HASH_BYTES);
    this.bytes.writeUInt32LE(seconds, this.momentAt(place));
  }

  /** @returns `b`, where what was at `a` is now */
  private swap(a: number, b: number): number {
    if (a === b) return b;
    const { width, bytes } = this;
    swapBytes(bytes, a * width, b * width, width);
    swapBytes(bytes, this.idAt(a), this.idAt(b), HASH_BYTES);
    swapBytes(bytes, this.momentAt(a), this.momentAt(b), MOMENT_BYTES);
    if (this.index) {
      // After the swap the entry of each of them still holds the other's place.
      const [entryOfA, entryOfB] = [this.entryOf(a, b), this.entryOf(b, a)];
      this.index[entryOfA] = a + 1;
      this.index[entryOfB] = b + 1;
    }
    return b;
  }

  private grow(): void {
    const { bytes: before } = this;
    const [idsBefore, momentsBefore] = [this.idAt(0), this.momentAt(0)];
    this.capacity *= 2;
    this.bytes = Buffer.alloc(this.capacity * this.peerBytes);
    before.copy(this.bytes, 0, 0, idsBefore);
    before.copy(this.bytes, this.idAt(0), idsBefore, momentsBefore);
    before.copy(this.bytes, this.momentAt(0), momentsBefore);
    if (this.index) this.buildIndex();
  }

  private buildIndex(): void {
    this.index = new Int32Array(INDEX_SPACE * 2 ** Math.ceil(Math.log2(this.capacity)));
    for (let place = 0; place < this.count; place++) this.enter(place);
  }

  private enter(place: number): void {
    const index = this.index as Int32Array;
    const mask = index.length - 1;
    let at = this.hash(this.bytes, place * this.width) & mask;
    while (index[at] !== 0) at = (at + 1) & mask;
    index[at] = place + 1;
  }

  /** Where in the index the peer at `place` stands, whose entry still says `recorded`. */
  private entryOf(place: number, recorded: number): number {
    const index = this.index as Int32Array;
    const mask = index.length - 1;
    let at = this.hash(this.bytes, place * this.width) & mask;
    while (index[at] !== recorded + 1) at = (at + 1) & mask;
    return at;
  }

  /** Takes the peer at `place` out of the index and closes the gap (Knuth, 6.4, algorithm R). */
  private erase(place: number): void {
    const index = this.index as Int32Array;
    const mask = index.length - 1;
    let gap = this.entryOf(place, place);
    for (let at = (gap + 1) & mask; index[at] !== 0; at = (at + 1) & mask) {
      const home = this.hash(this.bytes, ((index[at] as number) - 1) * this.width) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      index[gap] = index[at] as number;
      gap = at;
    }
    index[gap] = 0;
  }

  /** FNV-1a, mixed at the end; whoever makes collisions on purpose pays one address or port for each. */
  private hash(bytes: Buffer, from: number): number {
    let mixed = 0x811c9dc5;
    for (let at = from; at < from + this.width; at++) mixed = Math.imul(mixed ^ (bytes[at] as number), 0x01000193);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  }
}

/** From the end, for ports differ more often than addresses do. */
function isSame(bytes: Buffer, from: number, key: Buffer, width: number): boolean {
  for (let at = width - 1; at >= 0; at--) if (bytes[from + at] !== key[at]) return false;
  return true;
}

function swapBytes(bytes: Buffer, a: number, b: number, length: number): void {
  for (let at = 0; at < length; at++) {
    const byte = bytes[a + at] as number;
    bytes[a + at] = bytes[b + at] as number;
    bytes[b + at] = byte;
  }
}
