/** How many words are remembered, a power of two: each in the place that its hash says, the last one that came. */
const PLACES = 16_384;
/** What one takes: its length, its bytes and nothing else, so that it is in one piece of the processor's memory. */
const PLACE_SHIFT = 5;
const LONGEST = 2 ** PLACE_SHIFT - 1;

/**
 * The numbers of words that came lately. Names are made of few words again and again, and looking one up among a million
 * is half a dozen waits for memory; here it is one.
 */
export class RecentWords {
  private readonly bytes = new Uint8Array(PLACES << PLACE_SHIFT);
  private readonly numbers = new Uint32Array(PLACES);

  /** -1 for a word that is not remembered. */
  find(hash: number, word: Uint8Array, length: number): number {
    const { bytes } = this;
    const place = hash & (PLACES - 1);
    const start = place << PLACE_SHIFT;
    if (bytes[start] !== length) return -1;
    for (let n = 0; n < length; n++) if (bytes[start + 1 + n] !== word[n]) return -1;
    return this.numbers[place] as number;
  }

  /** Only words of at least one byte, and none that is too long to fit, are remembered. */
  remember(hash: number, word: Uint8Array, length: number, number: number): void {
    if (length > LONGEST) return;
    const place = hash & (PLACES - 1);
    const start = place << PLACE_SHIFT;
    this.bytes[start] = length;
    for (let n = 0; n < length; n++) this.bytes[start + 1 + n] = word[n] as number;
    this.numbers[place] = number;
  }

  /** The word is gone. */
  forget(hash: number): void {
    this.bytes[(hash & (PLACES - 1)) << PLACE_SHIFT] = 0;
  }
}
