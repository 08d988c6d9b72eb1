const FIRST_WORDS = 32;

/** A set of small numbers from 0 up, one bit each. */
export class SlotSet {
  private words = new Uint32Array(FIRST_WORDS);
  private count = 0;
  /** Where the next walk begins. */
  private at = 0;

  get size(): number {
    return this.count;
  }

  has(slot: number): boolean {
    return (((this.words[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 1;
  }

  add(slot: number): void {
    if (this.has(slot)) return;
    const word = slot >>> 5;
    if (word >= this.words.length) {
      const larger = new Uint32Array(Math.max(word + 1, 2 * this.words.length));
      larger.set(this.words);
      this.words = larger;
    }
    this.words[word] = (this.words[word] as number) | (1 << (slot & 31));
    this.count++;
  }

  /** Every number below `end`. */
  addAllBelow(end: number): void {
    if (end === 0) return;
    this.add(end - 1);
    const last = end >>> 5;
    this.words.fill(0xffffffff, 0, last);
    if (end & 31) this.words[last] = (this.words[last] as number) | ((1 << (end & 31)) - 1);
    this.count = this.words.reduce((sum, word) => sum + bitCount(word), 0);
  }

  delete(slot: number): boolean {
    if (!this.has(slot)) return false;
    this.words[slot >>> 5] = (this.words[slot >>> 5] as number) & ~(1 << (slot & 31));
    this.count--;
    return true;
  }

  /** Removes up to `limit` numbers, going on where the last call ended, and tells which. */
  take(limit: number): number[] {
    const taken: number[] = [];
    for (let looked = 0; this.count > 0 && taken.length < limit && looked <= this.words.length; looked++) {
      if (this.at >= this.words.length) this.at = 0;
      let word = this.words[this.at] as number;
      while (word !== 0 && taken.length < limit) {
        const bit = 31 - Math.clz32(word & -word);
        word &= ~(1 << bit);
        taken.push(this.at * 32 + bit);
      }
      this.count -= bitCount((this.words[this.at] as number) ^ word);
      this.words[this.at] = word;
      if (word === 0) this.at++;
    }
    return taken;
  }
}

function bitCount(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
