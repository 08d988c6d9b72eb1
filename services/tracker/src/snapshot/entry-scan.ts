/** Seven bits in each: more bytes than this cannot be a whole number that a double holds. */
const MAX_COUNT_BYTES = 8;

/**
 * Goes over what a ByteWriter wrote without making anything of it. It throws nothing: after whatever is not as it should
 * be, `isBad` is true, and what it answers means nothing.
 */
export class EntryScan {
  /** Where the next part begins. */
  at = 0;
  isBad = false;
  private bytes: Buffer = Buffer.alloc(0);
  private end = 0;

  /** @param end where the entry ends */
  begin(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.isBad = false;
  }

  /** True if all was as it should be and there is nothing more. */
  get isAtEnd(): boolean {
    return !this.isBad && this.at === this.end;
  }

  refuse(): void {
    this.isBad = true;
  }

  byte(): number {
    if (this.at < this.end) return this.bytes[this.at++] as number;
    this.isBad = true;
    return 0;
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.end) this.isBad = true;
  }

  double(): number {
    const { at } = this;
    this.skip(8);
    return this.isBad ? 0 : this.bytes.readDoubleBE(at);
  }

  /** @param max the largest value that is accepted */
  count(max: number): number {
    let value = 0;
    let scale = 1;
    for (let n = 0; n < MAX_COUNT_BYTES; n++, scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      if (value > max || (byte === 0 && n > 0)) break;
      return value;
    }
    this.isBad = true;
    return 0;
  }

  /** A text in UTF-8 behind its length. @param maxLength in UTF-16 units */
  text(minLength: number, maxLength: number): void {
    const length = this.count(3 * maxLength);
    const start = this.at;
    this.skip(length);
    if (this.isBad) return;
    const units = unitsOf(this.bytes, start, this.at);
    if (units < minLength || units > maxLength) this.isBad = true;
  }

  /** Behind the text that begins at a place. */
  textEnd(start: number): number {
    const { at } = this;
    this.at = start;
    const length = this.count(this.end);
    const end = this.at + length;
    this.at = at;
    return end;
  }

  /** Whether two texts are the same, each known by where its length is. */
  isSame(a: number, b: number): boolean {
    const { bytes } = this;
    const length = this.textEnd(a) - a;
    if (this.textEnd(b) - b !== length) return false;
    for (let n = 0; n < length; n++) if (bytes[a + n] !== bytes[b + n]) return false;
    return true;
  }
}

/** How many UTF-16 units a text in UTF-8 has; -1 if it is none. */
function unitsOf(bytes: Buffer, start: number, end: number): number {
  let at = start;
  while (at < end && (bytes[at] as number) < 0x80) at++;
  let units = at - start;
  while (at < end) {
    const lead = bytes[at++] as number;
    units++;
    if (lead < 0x80) continue;
    if (lead < 0xc2 || lead > 0xf4) return -1;
    // The second byte keeps out spellings that are too long, halves of pairs, and what is beyond the last character.
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    const more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    if (at + more > end) return -1;
    const second = bytes[at] as number;
    if (second < low || second > high) return -1;
    for (let n = 1; n < more; n++) if (((bytes[at + n] as number) & 0xc0) !== 0x80) return -1;
    at += more;
    if (more === 3) units++;
  }
  return units;
}
