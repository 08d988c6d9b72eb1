import type { TellText } from '../catalog/description.ts';
import { Uint32Column } from '../columns/column.ts';
import type { Turn } from '../columns/pace.ts';
import { wordsOf } from './fold.ts';
import { NumberBuffer, type PostingLists } from './posting-lists.ts';
import { PostingSort } from './posting-sort.ts';
import type { Vocabulary } from './vocabulary.ts';
import type { WordLists } from './word-lists.ts';
import { WordSplitter } from './word-splitter.ts';

/** Documents whose words are placed before others may get their turn. */
const DOCUMENTS_PER_TURN = 64;

/** Where the texts of documents are. */
export interface TextSource {
  /** Calls `tell` with each text of the document in a slot, in UTF-8 from `start` to `end`. @returns how many there are */
  readTexts(slot: number, tell: TellText): number;
}

/** The tables of an index of names. */
export interface NameTables {
  readonly vocabulary: Vocabulary;
  readonly postings: PostingLists;
  readonly words: WordLists;
}

/** Takes the names of very many documents into tables that are empty, as if they had come one by one. */
export class NameIndexFilling {
  private readonly sort = new PostingSort();
  private readonly splitter = new WordSplitter();
  /** By word: one more than the last document that was found to have it. */
  private readonly lastOf = new Uint32Column();
  private readonly found = new NumberBuffer();
  private slot = 0;

  constructor(private readonly tables: NameTables) {}

  /** Reads the document in a slot. They come in the order of their slots, each once. */
  read(slot: number, source: TextSource): void {
    this.slot = slot;
    this.found.length = 0;
    const texts = source.readTexts(slot, this.readText);
    if (texts > 0) this.tables.words.set(slot, this.found.items, texts, this.found.length);
  }

  /** All were read. */
  async end(turn: Turn): Promise<void> {
    const { words, postings, vocabulary } = this.tables;
    this.sort.arrange();
    const { sort } = this;
    for (let slot = 0; slot < words.end; slot += DOCUMENTS_PER_TURN) {
      await turn();
      this.placeSome(slot, Math.min(slot + DOCUMENTS_PER_TURN, words.end));
    }
    await sort.fill(postings, turn);
    await vocabulary.endFilling(turn);
  }

  /** The words of documents in slots from `start` to `end`. */
  private placeSome(start: number, end: number): void {
    const { words } = this.tables;
    for (this.slot = start; this.slot < end; this.slot++) words.each(this.slot, this.place);
  }

  private readonly place = (word: number): void => this.sort.place(word, this.slot);

  private readonly readText: TellText = (bytes, start, end) => {
    if (this.splitter.split(bytes, start, end, this.takeSplit)) return;
    for (const word of wordsOf(bytes.toString('utf8', start, end))) this.take(this.tables.vocabulary.add(word));
  };

  private readonly takeSplit = (length: number): void => this.take(this.tables.vocabulary.addBytes(this.splitter.word, length));

  private take(word: number): void {
    if (this.lastOf.get(word) === this.slot + 1) return;
    this.lastOf.set(word, this.slot + 1);
    const { found } = this;
    found.reserve(1);
    found.items[found.length++] = word;
    this.sort.count(word);
  }
}
