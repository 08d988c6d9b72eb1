import { PageSwarmError } from '@pageswarm/primitives';

/** Writes whole numbers in as few bytes as they need: seven bits each, the lowest first, the high bit says that more follow. */
export class VarintWriter {
  private bytes = new Uint8Array(4_096);
  private length = 0;

  unsigned(value: number): void {
    if (this.length + 8 > this.bytes.length) {
      const larger = new Uint8Array(this.bytes.length * 2);
      larger.set(this.bytes);
      this.bytes = larger;
    }
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.length++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.bytes[this.length++] = rest;
  }

  /** Small numbers of either sign take few bytes: 0, -1, 1, -2 become 0, 1, 2, 3. */
  signed(value: number): void {
    this.unsigned(value >= 0 ? value * 2 : -value * 2 - 1);
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.unsigned(bytes.length);
    for (const byte of bytes) this.unsigned(byte);
  }

  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
}

/** Reads what {@link VarintWriter} wrote. Every number is checked against the bounds that the caller gives. */
export class VarintReader {
  private at = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly noun: string,
  ) {}

  /** @throws PageSwarmError INVALID_REQUEST unless a number from `min` to `max` stands here */
  unsigned(what: string, max: number, min = 0): number {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) this.fail(`ends within ${what}`);
      value += (byte & 0x7f) * factor;
      if (value > Number.MAX_SAFE_INTEGER || factor > 2 ** 49) this.fail(`has ${what} beyond all bounds`);
      if (byte < 0x80) break;
      factor *= 0x80;
    }
    if (value > max || value < min) this.fail(`has ${what} of ${value}, it must be ${min} to ${max}`);
    return value;
  }

  signed(what: string, max: number): number {
    const value = this.unsigned(what, max * 2);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(what: string, maxBytes: number): string {
    const length = this.unsigned(`the length of ${what}`, maxBytes);
    const bytes = Uint8Array.from({ length }, () => this.unsigned(what, 255));
    return new TextDecoder().decode(bytes);
  }

  /** @throws PageSwarmError INVALID_REQUEST if bytes are left */
  end(): void {
    if (this.at !== this.bytes.length) this.fail(`has ${this.bytes.length - this.at} bytes too many`);
  }

  fail(why: string): never {
    throw new PageSwarmError('INVALID_REQUEST', `The ${this.noun} ${why}`);
  }
}
