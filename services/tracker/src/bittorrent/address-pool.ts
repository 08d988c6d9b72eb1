/** Room that a pool begins with, in addresses; it doubles when it is full. */
const FIRST_CAPACITY = 4;

/**
 * Compact peer addresses of one width (BEP 23: 6 bytes, BEP 7: 18) behind each other, so that an answer is a copy of a
 * stretch of memory, wherever it begins.
 */
export class AddressPool {
  private bytes: Buffer;
  private readonly keys: string[] = [];
  private readonly places = new Map<string, number>();

  constructor(readonly width: number) {
    this.bytes = Buffer.alloc(FIRST_CAPACITY * width);
  }

  get size(): number {
    return this.keys.length;
  }

  has(key: string): boolean {
    return this.places.has(key);
  }

  /** @param key the compact address in latin1 */
  add(key: string): void {
    if (this.places.has(key)) return;
    const place = this.keys.length;
    if ((place + 1) * this.width > this.bytes.length) this.bytes = Buffer.concat([this.bytes, Buffer.alloc(this.bytes.length)]);
    this.bytes.write(key, place * this.width, 'latin1');
    this.keys.push(key);
    this.places.set(key, place);
  }

  /** The last one takes the place of the one that goes. */
  delete(key: string): void {
    const place = this.places.get(key);
    const last = this.keys.pop();
    if (place === undefined || last === undefined) {
      if (last !== undefined) this.keys.push(last);
      return;
    }
    this.places.delete(key);
    if (last === key) return;
    this.keys[place] = last;
    this.places.set(last, place);
    this.bytes.copyWithin(place * this.width, this.keys.length * this.width, (this.keys.length + 1) * this.width);
  }

  /** Up to `count` addresses from the given place on, around the end; never `except`. */
  pick(count: number, from: number, except: string): Buffer {
    const { width, size } = this;
    const isHere = this.places.has(except);
    const wanted = Math.min(count, size - (isHere ? 1 : 0));
    if (wanted <= 0) return Buffer.alloc(0);
    const stretch = Math.min(size, wanted + (isHere ? 1 : 0));
    const start = from % size;
    const picked = Buffer.alloc(stretch * width);
    const untilEnd = Math.min(stretch, size - start);
    this.bytes.copy(picked, 0, start * width, (start + untilEnd) * width);
    if (untilEnd < stretch) this.bytes.copy(picked, untilEnd * width, 0, (stretch - untilEnd) * width);
    if (!isHere) return picked;
    const own = (((this.places.get(except) as number) - start + size) % size) * width;
    if (own < picked.length) picked.copy(picked, own, own + width);
    return picked.subarray(0, wanted * width);
  }
}
