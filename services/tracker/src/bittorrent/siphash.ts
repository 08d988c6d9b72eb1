/**
 * SipHash-2-4 (Aumasson, Bernstein 2012): a keyed hash of short messages that nobody without the key can foretell, in
 * a fraction of the time of an HMAC. 64-bit words are kept as two halves.
 */
export class SipHash {
  /** The result of the last {@link hash}: its high and its low half, as unsigned numbers. */
  high = 0;
  low = 0;
  private readonly key: Int32Array;
  /** The four words of the state, the low half first. */
  private readonly v = new Int32Array(8);

  /** @param key 16 bytes */
  constructor(key: Buffer) {
    this.key = Int32Array.from({ length: 4 }, (_, n) => key.readInt32LE(4 * n));
  }

  hash(bytes: Uint8Array, length: number): void {
    const { v, key } = this;
    for (let n = 0; n < 8; n++) v[n] = (key[n & 3] as number) ^ (START[n] as number);
    const whole = length - (length % 8);
    for (let at = 0; at < whole; at += 8) this.take(word(bytes, at, 4), word(bytes, at + 4, 4));
    const rest = length - whole;
    this.take(word(bytes, whole, Math.min(rest, 4)), word(bytes, whole + 4, rest - 4) | (length << 24));
    v[4] = (v[4] as number) ^ 0xff;
    for (let n = 0; n < 4; n++) this.round();
    this.low = ((v[0] as number) ^ (v[2] as number) ^ (v[4] as number) ^ (v[6] as number)) >>> 0;
    this.high = ((v[1] as number) ^ (v[3] as number) ^ (v[5] as number) ^ (v[7] as number)) >>> 0;
  }

  private take(low: number, high: number): void {
    const { v } = this;
    v[6] = (v[6] as number) ^ low;
    v[7] = (v[7] as number) ^ high;
    this.round();
    this.round();
    v[0] = (v[0] as number) ^ low;
    v[1] = (v[1] as number) ^ high;
  }

  private round(): void {
    this.mix(0, 2, 13);
    this.swapHalves(0);
    this.mix(4, 6, 16);
    this.mix(0, 6, 21);
    this.mix(4, 2, 17);
    this.swapHalves(4);
  }

  /** a += b; b = (b <<< turn) ^ a */
  private mix(a: number, b: number, turn: number): void {
    const { v } = this;
    const bLow = v[b] as number;
    const bHigh = v[b + 1] as number;
    const low = ((v[a] as number) >>> 0) + (bLow >>> 0);
    const aLow = low | 0;
    const aHigh = ((v[a + 1] as number) + bHigh + (low > 0xffff_ffff ? 1 : 0)) | 0;
    v[a] = aLow;
    v[a + 1] = aHigh;
    v[b] = ((bLow << turn) | (bHigh >>> (32 - turn))) ^ aLow;
    v[b + 1] = ((bHigh << turn) | (bLow >>> (32 - turn))) ^ aHigh;
  }

  private swapHalves(a: number): void {
    const low = this.v[a] as number;
    this.v[a] = this.v[a + 1] as number;
    this.v[a + 1] = low;
  }
}

/** "somepseudorandomlygeneratedbytes" in four words, the low half first. */
const START = [0x70736575, 0x736f6d65, 0x6e646f6d, 0x646f7261, 0x6e657261, 0x6c796765, 0x79746573, 0x74656462];

/** Up to four bytes, the lowest first. */
function word(bytes: Uint8Array, from: number, length: number): number {
  let value = 0;
  for (let n = 0; n < length; n++) value |= (bytes[from + n] as number) << (8 * n);
  return value;
}
