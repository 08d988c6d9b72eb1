/** Bytes that {@link writeVarint} takes for the largest safe whole number. */
export const LONGEST_VARINT = 8;

const TWO_TO_28 = 2 ** 28;

/**
 * Writes a safe whole number from 0 up, seven bits in each byte, the lowest first; the top bit says that more follow.
 * @returns where the next one goes
 */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value;
  // Bit operators see 32 bits only.
  for (; rest >= TWO_TO_28; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128;
  for (; rest >= 128; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
  bytes[at++] = rest;
  return at;
}

/** Reads numbers from bytes, one after the other. */
export class VarintReader {
  constructor(
    readonly bytes: Uint8Array,
    /** Where the next one is. */
    public at = 0,
  ) {}

  next(): number {
    const { bytes } = this;
    let byte = bytes[this.at++] as number;
    if (byte < 128) return byte;
    let value = byte & 127;
    for (let scale = 128; ; scale *= 128) {
      byte = bytes[this.at++] as number;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }
}
