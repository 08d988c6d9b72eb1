/**
 * SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash of short messages that nobody without the key can foretell, in
 * a fraction of the time of an HMAC. 64-bit words are kept as two halves.
 */
export class SipHash {
  /** The result of the last {@link hash}: its high and its low half, as unsigned numbers. */
  high = 0;
  low = 0;
  private readonly key: Int32Array;

  /** @param key 16 bytes */
  constructor(key: Buffer) {
    this.key = Int32Array.from({ length: 4 }, (_, n) => key.readInt32LE(4 * n));
  }

  hash(bytes: Uint8Array, length: number): void {
    const { key } = this;
    const [key0, key1, key2, key3] = [key[0] as number, key[1] as number, key[2] as number, key[3] as number];
    // "somepseudorandomlygeneratedbytes" in four words. Local variables stay in registers, an array would not.
    let a0 = key0 ^ 0x70736575;
    let a1 = key1 ^ 0x736f6d65;
    let b0 = key2 ^ 0x6e646f6d;
    let b1 = key3 ^ 0x646f7261;
    let c0 = key0 ^ 0x6e657261;
    let c1 = key1 ^ 0x6c796765;
    let d0 = key2 ^ 0x79746573;
    let d1 = key3 ^ 0x74656462;
    const words = (length >>> 3) + 1;
    const compressing = ROUNDS_OF_WORD * words;
    for (let round = 0, low = 0, high = 0; round < compressing + FINAL_ROUNDS; round++) {
      if (round === compressing) c0 ^= 0xff;
      else if (round < compressing && round % ROUNDS_OF_WORD === 0) {
        const at = (round / ROUNDS_OF_WORD) * 8;
        const isLast = at + 8 > length;
        low = word(bytes, at, isLast ? Math.min(4, length - at) : 4);
        high = word(bytes, at + 4, isLast ? length - at - 4 : 4) | (isLast ? length << 24 : 0);
        d0 ^= low;
        d1 ^= high;
      }
      // a += b; b = (b <<< 13) ^ a; a <<<= 32
      let sum = (a0 >>> 0) + (b0 >>> 0);
      let turned = (b0 << 13) | (b1 >>> 19);
      a1 = (a1 + b1 + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      a0 = sum | 0;
      b1 = ((b1 << 13) | (b0 >>> 19)) ^ a1;
      b0 = turned ^ a0;
      let swapped = a0;
      a0 = a1;
      a1 = swapped;
      // c += d; d = (d <<< 16) ^ c
      sum = (c0 >>> 0) + (d0 >>> 0);
      turned = (d0 << 16) | (d1 >>> 16);
      c1 = (c1 + d1 + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      c0 = sum | 0;
      d1 = ((d1 << 16) | (d0 >>> 16)) ^ c1;
      d0 = turned ^ c0;
      // a += d; d = (d <<< 21) ^ a
      sum = (a0 >>> 0) + (d0 >>> 0);
      turned = (d0 << 21) | (d1 >>> 11);
      a1 = (a1 + d1 + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      a0 = sum | 0;
      d1 = ((d1 << 21) | (d0 >>> 11)) ^ a1;
      d0 = turned ^ a0;
      // c += b; b = (b <<< 17) ^ c; c <<<= 32
      sum = (c0 >>> 0) + (b0 >>> 0);
      turned = (b0 << 17) | (b1 >>> 15);
      c1 = (c1 + b1 + (sum > 0xffff_ffff ? 1 : 0)) | 0;
      c0 = sum | 0;
      b1 = ((b1 << 17) | (b0 >>> 15)) ^ c1;
      b0 = turned ^ c0;
      swapped = c0;
      c0 = c1;
      c1 = swapped;
      if (round < compressing && round % ROUNDS_OF_WORD === ROUNDS_OF_WORD - 1) {
        a0 ^= low;
        a1 ^= high;
      }
    }
    this.low = (a0 ^ b0 ^ c0 ^ d0) >>> 0;
    this.high = (a1 ^ b1 ^ c1 ^ d1) >>> 0;
  }
}

/** The two numbers of the name SipHash-2-4. */
const ROUNDS_OF_WORD = 2;
const FINAL_ROUNDS = 4;

/** Up to four bytes, the lowest first; none for a length below one. */
function word(bytes: Uint8Array, from: number, length: number): number {
  let value = 0;
  for (let n = 0; n < length; n++) value |= (bytes[from + n] as number) << (8 * n);
  return value;
}
