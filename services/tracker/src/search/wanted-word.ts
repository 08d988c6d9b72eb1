/** Shorter words get no typing error forgiven: almost every short word is one error away from another. */
export const MIN_TYPO_WORD_LENGTH = 3;

/** A word of a query, prepared once for all comparisons. */
export class WantedWord {
  readonly bytes: Uint8Array;
  /** Where each character begins, and the end. */
  readonly borders: readonly number[];
  /** How many characters take more than one byte. */
  readonly foreignCharacters: number;

  constructor(readonly text: string) {
    this.bytes = Buffer.from(text);
    const borders: number[] = [];
    this.bytes.forEach((byte, at) => {
      if ((byte & 0xc0) !== 0x80) borders.push(at);
    });
    this.borders = [...borders, this.bytes.length];
    this.foreignCharacters = borders.filter((at) => (this.bytes[at] as number) >= 128).length;
  }

  /** In characters. */
  get length(): number {
    return this.borders.length - 1;
  }

  get isTypoForgiven(): boolean {
    return this.length >= MIN_TYPO_WORD_LENGTH;
  }
}
