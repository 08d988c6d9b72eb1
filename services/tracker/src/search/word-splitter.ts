import { foldText, isSeparator, MAX_WORD_LENGTH } from './fold.ts';

/** Letters of one byte end here: each folds to one of them. */
const ASCII_END = 0x80;
/** Letters of one or two bytes in UTF-8 end here. */
const SHORT_LETTERS_END = 0x800;
/** Stands for whatever separates words, and is one of them itself. */
const SEPARATOR = 0;
/** Room for the longest word: none of its characters takes more bytes. */
const MAX_CHARACTER_BYTES = 3;

/** What all short letters fold to, one behind the other: characters of 16 bits, {@link SEPARATOR} for those that separate words. */
const { folds, ends } = foldsOfShortLetters();

/**
 * The words of texts in UTF-8 as `wordsOf` finds them, folded and in UTF-8, without a text being made for any of them.
 * That is for letters that take one or two bytes, as those of Latin, Greek, Cyrillic, Hebrew and Arabic do: how they fold
 * depends on nothing beside them.
 */
export class WordSplitter {
  /** The word that is told. */
  readonly word = new Uint8Array(MAX_WORD_LENGTH * MAX_CHARACTER_BYTES);
  private length = 0;
  private characters = 0;

  /**
   * Calls `tell` with the length of each word, some of them several times.
   * @returns false if there is a letter of three bytes or more; then only words before it were told
   */
  split(bytes: Uint8Array, start: number, end: number, tell: (length: number) => void): boolean {
    this.length = 0;
    this.characters = 0;
    for (let at = start; at < end; at++) {
      let letter = bytes[at] as number;
      if (letter < ASCII_END) {
        this.take(folds[letter] as number, tell);
        continue;
      }
      if (letter >= 224) return false;
      letter = ((letter & 31) << 6) | ((bytes[++at] as number) & 63);
      for (let n = ends[letter - 1] as number; n < (ends[letter] as number); n++) this.take(folds[n] as number, tell);
    }
    this.finish(tell);
    return true;
  }

  private take(character: number, tell: (length: number) => void): void {
    if (character === SEPARATOR) this.finish(tell);
    else if (this.characters < MAX_WORD_LENGTH) this.append(character);
  }

  private append(character: number): void {
    const { word } = this;
    this.characters++;
    if (character < 128) {
      word[this.length++] = character;
      return;
    }
    if (character >= SHORT_LETTERS_END) {
      word[this.length++] = 224 | (character >> 12);
      word[this.length++] = 128 | ((character >> 6) & 63);
    } else word[this.length++] = 192 | (character >> 6);
    word[this.length++] = 128 | (character & 63);
  }

  private finish(tell: (length: number) => void): void {
    const { length } = this;
    this.length = 0;
    this.characters = 0;
    if (length > 0) tell(length);
  }
}

function foldsOfShortLetters() {
  const characters: number[] = [];
  const ends = Uint16Array.from({ length: SHORT_LETTERS_END }, (_, letter) => {
    const folded = foldText(String.fromCharCode(letter));
    for (let at = 0; at < folded.length; at++) characters.push(isSeparator(folded.charAt(at)) ? SEPARATOR : folded.charCodeAt(at));
    return characters.length;
  });
  return { folds: Uint16Array.from(characters), ends };
}
