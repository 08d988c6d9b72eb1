const FIRST_MARKS = 1_024;
const TIER_BITS = 3;
const TIER_MASK = 2 ** TIER_BITS - 1;

/**
 * How documents answer words one after the other: of each document how many words in a row it answers, from the first, and
 * which of them it answers worst, in one byte. Used again by one query after the other: an array of a megabyte for each
 * word of each query would be memory that has to be asked for, cleared and collected.
 */
export class DocumentMarks {
  private marks = new Uint8Array(FIRST_MARKS);
  private words = 0;

  /** Forgets all marks, and has room for documents below `end`. */
  begin(end: number): void {
    this.words = 0;
    if (end > this.marks.length) this.marks = new Uint8Array(2 * end);
    else this.marks.fill(0, 0, end);
  }

  /** What is marked from here on are answers to another word. */
  nextWord(): void {
    this.words++;
  }

  /** The first answer to this word that a document is marked with counts, so the best ones come first. */
  mark(slot: number, tier: number): void {
    const { marks } = this;
    const mark = marks[slot] as number;
    if (mark >>> TIER_BITS !== this.words - 1) return;
    marks[slot] = (this.words << TIER_BITS) | Math.max(mark & TIER_MASK, tier);
  }

  /** The tier of the word that a document answers worst; 0 if it has no answer to one of them. */
  worstOf(slot: number): number {
    const mark = this.marks[slot] as number;
    return mark >>> TIER_BITS === this.words ? mark & TIER_MASK : 0;
  }
}
