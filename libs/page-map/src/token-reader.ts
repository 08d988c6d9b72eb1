import { CHARACTER_CLASS, isDigit, WHITE_SPACE } from './characters.ts';

/** Thrown (without a stack: it is control flow) when the window ends before the value does and the document goes on. */
export const STARVED = { starved: true } as const;
/** Reads white space, counts and words from bytes in memory that may be a part of the document. */
export class TokenReader {
  position = 0;
  protected bytes: Uint8Array = new Uint8Array(0);
  protected end = 0;
  protected final = true;

  /** Starts at `position` of `bytes`; `final` says that no bytes follow them. */
  reset(bytes: Uint8Array, position: number, final: boolean): void {
    this.bytes = bytes;
    this.end = bytes.length;
    this.position = position;
    this.final = final;
  }

  /** Skips white space and comments. @returns the byte it stops at, or -1 at the end of the document */
  skipSpace(): number {
    const { bytes, end } = this;
    let at = this.position;
    while (at < end) {
      const byte = bytes[at] as number;
      if (byte === 0x25) {
        while (at < end && bytes[at] !== 0x0a && bytes[at] !== 0x0d) at++;
      } else if (CHARACTER_CLASS[byte] === WHITE_SPACE) at++;
      else {
        this.position = at;
        return byte;
      }
    }
    this.position = at;
    return this.starve();
  }

  /** A whole number without sign, or -1 if there is none here. */
  parseCount(): number {
    if (!isDigit(this.skipSpace())) return -1;
    let value = 0;
    while (isDigit(this.byteAt(this.position))) value = value * 10 + (this.bytes[this.position++] as number) - 0x30;
    return value;
  }

  /** Consumes `word` if it stands here; what follows it is not looked at. */
  takeWord(word: string): boolean {
    this.skipSpace();
    for (let index = 0; index < word.length; index++) if (this.byteAt(this.position + index) !== word.charCodeAt(index)) return false;
    this.position += word.length;
    return true;
  }

  /** The byte at `position`, or -1 beyond the end of the document. */
  byteAt(position: number): number {
    return position < this.end ? (this.bytes[position] as number) : this.starve();
  }

  protected starve(): -1 {
    if (!this.final) throw STARVED;
    return -1;
  }
}
