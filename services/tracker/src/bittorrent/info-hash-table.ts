import { randomInt } from 'node:crypto';
import { HASH_BYTES } from './announce.ts';

/** One part for each first byte: a part that grows is copied at once, and no copy should stop others for long. */
const PARTS = 256;
const FIRST_PLACES = 8;
/** Another one in each process, so that nobody can choose hashes that stand in each other's way. */
const SEED = randomInt(2 ** 32);

/** Finds something by the 20 bytes of an info-hash as they lie in a packet. */
export class InfoHashTable<T> {
  private readonly parts = new Array<Part<T> | undefined>(PARTS);
  private count = 0;

  get size(): number {
    return this.count;
  }

  get(bytes: Uint8Array, from = 0): T | undefined {
    return this.parts[bytes[from] as number]?.get(bytes, from);
  }

  /** Puts in or replaces. */
  set(bytes: Uint8Array, value: T, from = 0): void {
    const first = bytes[from] as number;
    let part = this.parts[first];
    if (!part) {
      part = new Part<T>();
      this.parts[first] = part;
    }
    if (part.set(bytes, from, value)) this.count++;
  }

  delete(bytes: Uint8Array, from = 0): boolean {
    const isGone = this.parts[bytes[from] as number]?.delete(bytes, from) === true;
    if (isGone) this.count--;
    return isGone;
  }
}

/** Open addressing with linear probing; at most half full. */
class Part<T> {
  private keys = Buffer.alloc(FIRST_PLACES * HASH_BYTES);
  private values = new Array<T | undefined>(FIRST_PLACES).fill(undefined);
  private count = 0;

  get(bytes: Uint8Array, from: number): T | undefined {
    return this.values[this.placeOf(bytes, from)];
  }

  /** @returns whether it is new */
  set(bytes: Uint8Array, from: number, value: T): boolean {
    if (2 * (this.count + 1) > this.values.length) this.grow();
    const place = this.placeOf(bytes, from);
    const isNew = this.values[place] === undefined;
    if (isNew) {
      this.keys.set(bytes.subarray(from, from + HASH_BYTES), place * HASH_BYTES);
      this.count++;
    }
    this.values[place] = value;
    return isNew;
  }

  delete(bytes: Uint8Array, from: number): boolean {
    let gap = this.placeOf(bytes, from);
    if (this.values[gap] === undefined) return false;
    const mask = this.values.length - 1;
    for (let at = (gap + 1) & mask; this.values[at] !== undefined; at = (at + 1) & mask) {
      const home = homeOf(this.keys, at * HASH_BYTES) & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue;
      this.keys.copyWithin(gap * HASH_BYTES, at * HASH_BYTES, (at + 1) * HASH_BYTES);
      this.values[gap] = this.values[at];
      gap = at;
    }
    this.values[gap] = undefined;
    this.count--;
    return true;
  }

  /** Where the hash stands, or would stand. */
  private placeOf(bytes: Uint8Array, from: number): number {
    const { keys, values } = this;
    const mask = values.length - 1;
    let place = homeOf(bytes, from) & mask;
    while (values[place] !== undefined && !isSame(keys, place * HASH_BYTES, bytes, from)) place = (place + 1) & mask;
    return place;
  }

  private grow(): void {
    const { keys, values } = this;
    this.keys = Buffer.alloc(2 * keys.length);
    this.values = new Array<T | undefined>(2 * values.length).fill(undefined);
    this.count = 0;
    values.forEach((value, place) => {
      if (value !== undefined) this.set(keys, place * HASH_BYTES, value);
    });
  }
}

/** Info-hashes are hashes already, but in an open tracker anybody chooses them. */
function homeOf(bytes: Uint8Array, from: number): number {
  let mixed = SEED;
  for (let at = from + 1; at < from + HASH_BYTES; at++) mixed = Math.imul(mixed ^ (bytes[at] as number), 0x01000193);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}

function isSame(a: Uint8Array, atA: number, b: Uint8Array, atB: number): boolean {
  for (let at = 0; at < HASH_BYTES; at++) if (a[atA + at] !== b[atB + at]) return false;
  return true;
}
