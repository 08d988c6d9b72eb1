import type { Inspection } from '@pageswarm/contracts';
import { ByteArena } from '../columns/byte-arena.ts';
import { Float64Column, Uint32Column } from '../columns/column.ts';
import type { Movable } from '../columns/movable.ts';
import {
  type Description,
  decodeDescription,
  decodeName,
  decodeTexts,
  encodeDescription,
  NAME_OFFSET,
  packedDescriptionLength,
  readTextBytes,
  type TellText,
  writePackedDescription,
} from './description.ts';
import type { DocumentFacts } from './document-record.ts';
import { IdentityTable } from './identity-table.ts';
import { compareHeads, compareNameBytes, compareTexts, nameHead, nameKey } from './name-order.ts';
import type { PackedDocument } from './packed-document.ts';
import { decodeWordCounts, encodeWordCounts } from './word-counts.ts';

/** Whether a slot holds a listed document, beside its piece length. */
const LISTED = 256;
const PIECE_LENGTH_MASK = 255;

type DocumentNumbers = Pick<PackedDocument, 'size' | 'pieceBits' | 'addedAt' | 'completed'>;

/**
 * What is known about documents, by slot: a small number that is used again when a document is gone. Numbers are in
 * columns, hashes in rows, texts and words per page in arenas; objects are made when somebody reads.
 */
export class DocumentTable implements Movable {
  readonly identities = new IdentityTable();
  private readonly states = new Uint32Column();
  private readonly sizes = new Float64Column();
  private readonly addedAts = new Float64Column();
  private readonly pages = new Uint32Column();
  private readonly completions = new Uint32Column();
  private readonly listedHosts = new Uint32Column();
  private readonly generations = new Uint32Column();
  private readonly descriptions = new Uint32Column();
  private readonly words = new Uint32Column();
  private readonly nameHeads = new Uint32Column();
  private readonly texts = new ByteArena();
  private readonly wordCounts = new ByteArena();
  private free: number[] = [];
  private slots = 0;
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** All slots are below this. */
  get end(): number {
    return this.slots;
  }

  get movables(): readonly Movable[] {
    return [
      ...[this, this.states, this.sizes, this.addedAts, this.pages, this.completions, this.listedHosts, this.generations],
      ...[this.descriptions, this.words, this.nameHeads, this.texts, this.wordCounts, ...this.identities.movables],
    ];
  }

  handOver(): { readonly free: number[]; readonly slots: number; readonly count: number } {
    const { free, slots, count } = this;
    return { free, slots, count };
  }

  takeOver({ free, slots, count }: ReturnType<DocumentTable['handOver']>): void {
    this.free = free;
    this.slots = slots;
    this.count = count;
  }

  add(facts: DocumentFacts, completed: number): number {
    const { name, aliases, inspection, size, addedAt } = facts;
    const bytes = encodeDescription({ name, aliases, inspection });
    const description = this.texts.put(bytes);
    const slot = this.free.pop() ?? this.slots++;
    this.identities.set(slot, facts);
    this.setNumbers(slot, { size, addedAt, completed, pieceBits: Math.log2(facts.pieceLength) });
    this.descriptions.set(slot, description);
    this.nameHeads.set(slot, nameHead(bytes, NAME_OFFSET));
    this.setInspectionNumbers(slot, inspection);
    return slot;
  }

  /** @returns its slot, or -1, and nothing is changed, if it has a root or info-hash of another document */
  addPacked(document: PackedDocument): number {
    const isNewSlot = this.free.length === 0;
    const slot = isNewSlot ? this.slots : (this.free.at(-1) as number);
    if (!this.identities.setPacked(slot, document)) return -1;
    if (isNewSlot) this.slots++;
    else this.free.pop();
    const { source, wordsStart, wordsEnd, pages } = document;
    const description = this.texts.allocate(packedDescriptionLength(document));
    const chunk = this.texts.chunkOf(description);
    const start = this.texts.offsetOf(description);
    writePackedDescription(document, chunk, start);
    this.setNumbers(slot, document);
    this.descriptions.set(slot, description);
    this.nameHeads.set(slot, nameHead(chunk, start + NAME_OFFSET));
    this.pages.set(slot, pages + 1);
    if (wordsEnd > wordsStart) this.words.set(slot, this.wordCounts.put(source, wordsEnd - wordsStart, wordsStart));
    return slot;
  }

  /** Nothing finds the document any more; what it was can be read until {@link free}. */
  hide(slot: number): void {
    this.count--;
    this.states.set(slot, this.states.get(slot) & PIECE_LENGTH_MASK);
    this.identities.delete(slot);
  }

  /** Another document may have the slot now. */
  release(slot: number): void {
    this.texts.release(this.descriptions.get(slot));
    if (this.words.get(slot) !== 0) this.wordCounts.release(this.words.get(slot));
    this.words.set(slot, 0);
    this.generations.set(slot, this.generations.get(slot) + 1);
    this.free.push(slot);
  }

  /** Other texts or another inspection. */
  describe(slot: number, description: Description & { readonly inspection: Inspection }): void {
    this.descriptions.set(slot, this.texts.replace(this.descriptions.get(slot), encodeDescription(description)));
    this.setInspectionNumbers(slot, description.inspection);
  }

  isListed(slot: number): boolean {
    return (this.states.get(slot) & LISTED) !== 0;
  }

  /** How often the slot was given to another document. */
  generationOf(slot: number): number {
    return this.generations.get(slot);
  }

  sizeOf(slot: number): number {
    return this.sizes.get(slot);
  }

  pieceLengthOf(slot: number): number {
    return 2 ** (this.states.get(slot) & PIECE_LENGTH_MASK);
  }

  addedAtOf(slot: number): number {
    return this.addedAts.get(slot);
  }

  /** -1 while nobody knows. */
  pagesOf(slot: number): number {
    return this.pages.get(slot) - 1;
  }

  completedOf(slot: number): number {
    return this.completions.get(slot);
  }

  countCompletion(slot: number): void {
    this.completions.set(slot, this.completions.get(slot) + 1);
  }

  listedHostsOf(slot: number): number {
    return this.listedHosts.get(slot);
  }

  setListedHosts(slot: number, hosts: number): void {
    this.listedHosts.set(slot, hosts);
  }

  nameOf(slot: number): string {
    const reference = this.descriptions.get(slot);
    return decodeName(this.texts.chunkOf(reference), this.texts.offsetOf(reference));
  }

  /** By the keys of their names; 0 for equal ones. Most names are compared without making texts. */
  compareNames(a: number, b: number): number {
    const byHeads = compareHeads(this.nameHeads.get(a), this.nameHeads.get(b));
    if (byHeads !== undefined) return byHeads;
    const [referenceA, referenceB] = [this.descriptions.get(a), this.descriptions.get(b)];
    const byBytes = compareNameBytes(
      this.texts.chunkOf(referenceA),
      this.texts.offsetOf(referenceA) + NAME_OFFSET,
      this.texts.chunkOf(referenceB),
      this.texts.offsetOf(referenceB) + NAME_OFFSET,
    );
    return byBytes ?? compareTexts(nameKey(this.nameOf(a)), nameKey(this.nameOf(b)));
  }

  /** The same against the key of a name, which comes as text and as {@link nameBytes}, and its head. */
  compareNameWith(slot: number, key: string, bytes: Uint8Array, head: number): number {
    const byHeads = compareHeads(this.nameHeads.get(slot), head);
    if (byHeads !== undefined) return byHeads;
    const reference = this.descriptions.get(slot);
    const byBytes = compareNameBytes(this.texts.chunkOf(reference), this.texts.offsetOf(reference) + NAME_OFFSET, bytes, 0);
    return byBytes ?? compareTexts(nameKey(this.nameOf(slot)), key);
  }

  /** Every text that a document is found by, its name first. */
  textsOf(slot: number): string[] {
    const reference = this.descriptions.get(slot);
    return decodeTexts(this.texts.chunkOf(reference), this.texts.offsetOf(reference));
  }

  /** The same in UTF-8; see {@link readTextBytes}. */
  readTexts(slot: number, tell: TellText): number {
    const reference = this.descriptions.get(slot);
    return readTextBytes(this.texts.chunkOf(reference), this.texts.offsetOf(reference), tell);
  }

  descriptionOf(slot: number): Description {
    const reference = this.descriptions.get(slot);
    return decodeDescription(this.texts.chunkOf(reference), this.texts.offsetOf(reference));
  }

  wordsOf(slot: number): number[] | null {
    const reference = this.words.get(slot);
    return reference === 0 ? null : decodeWordCounts(this.wordCounts.chunkOf(reference), this.wordCounts.offsetOf(reference));
  }

  private setNumbers(slot: number, { size, pieceBits, addedAt, completed }: DocumentNumbers): void {
    this.count++;
    this.states.set(slot, LISTED | pieceBits);
    this.sizes.set(slot, size);
    this.addedAts.set(slot, addedAt);
    this.completions.set(slot, completed);
    this.listedHosts.set(slot, 0);
  }

  private setInspectionNumbers(slot: number, { pages, words }: Inspection): void {
    this.pages.set(slot, pages === null ? 0 : pages + 1);
    const before = this.words.get(slot);
    if (before !== 0) this.wordCounts.release(before);
    this.words.set(slot, words === null ? 0 : this.wordCounts.put(encodeWordCounts(words)));
  }
}
