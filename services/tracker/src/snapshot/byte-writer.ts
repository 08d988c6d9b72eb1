const FIRST_CAPACITY = 4_096;

/** Writes numbers, hashes and texts one behind the other into memory that it uses again for every record. */
export class ByteWriter {
  private buffer = Buffer.allocUnsafe(FIRST_CAPACITY);
  private length = 0;

  /** A copy of what was written; the next record begins afresh. */
  take(): Buffer {
    const bytes = Buffer.from(this.buffer.subarray(0, this.length));
    this.length = 0;
    return bytes;
  }

  byte(value: number): void {
    this.demand(1);
    this.buffer[this.length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.demand(value.length);
    this.buffer.set(value, this.length);
    this.length += value.length;
  }

  /** Hex digits as half as many bytes. */
  hex(digits: string): void {
    this.demand(digits.length >> 1);
    this.length += this.buffer.write(digits, this.length, 'hex');
  }

  /** A whole number from 0 up, seven bits in a byte, the least first. */
  count(value: number): void {
    this.demand(8);
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.buffer[this.length++] = (rest & 0x7f) | 0x80;
    this.buffer[this.length++] = rest;
  }

  /** Milliseconds since 1970 or before. */
  moment(value: number): void {
    this.demand(8);
    this.length = this.buffer.writeDoubleBE(value, this.length);
  }

  text(value: string): void {
    const size = Buffer.byteLength(value);
    this.count(size);
    this.demand(size);
    this.length += this.buffer.write(value, this.length, 'utf8');
  }

  optionalText(value: string | null | undefined): void {
    if (typeof value !== 'string') {
      this.byte(0);
      return;
    }
    this.byte(1);
    this.text(value);
  }

  private demand(more: number): void {
    const needed = this.length + more;
    if (needed <= this.buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, 2 * this.buffer.length));
    larger.set(this.buffer.subarray(0, this.length));
    this.buffer = larger;
  }
}
