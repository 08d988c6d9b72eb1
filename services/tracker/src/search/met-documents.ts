const FIRST_WORDS = 32;

/** Which documents a query has met already, a bit for each: so few that they stay in the processor's own memory. */
export class MetDocuments {
  private words = new Uint32Array(FIRST_WORDS);

  /** Forgets all of them, and has room for documents below `end`. */
  begin(end: number): void {
    const words = (end + 31) >>> 5;
    if (words > this.words.length) this.words = new Uint32Array(2 * words);
    else this.words.fill(0, 0, words);
  }

  /** @returns whether it is the first time */
  meet(slot: number): boolean {
    const { words } = this;
    const at = slot >>> 5;
    const word = words[at] as number;
    const bit = 1 << (slot & 31);
    if ((word & bit) !== 0) return false;
    words[at] = word | bit;
    return true;
  }
}
