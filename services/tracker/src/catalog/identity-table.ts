import type { DocumentId, InfoHashV1, InfoHashV2, Md5, PeerId } from '@pageswarm/primitives';
import { HashTable, hashOfBytes } from '../columns/hash-table.ts';
import type { Movable } from '../columns/movable.ts';
import type { Turn } from '../columns/pace.ts';
import { tableMemory } from '../columns/table-memory.ts';

/** Where each hash is in a row, in bytes. */
interface Field {
  readonly start: number;
  readonly length: number;
}
const ROOT: Field = { start: 0, length: 32 };
const V2: Field = { start: 32, length: 32 };
const V1: Field = { start: 64, length: 20 };
const MD5: Field = { start: 84, length: 16 };
const ADDED_BY: Field = { start: 100, length: 20 };
/** Bytes of a row. */
const IDENTITY_ROW_SIZE = 120;
/** Rows in one chunk, a power of two. */
const CHUNK_ROWS = 4_096;
const CHUNK_SHIFT = Math.log2(CHUNK_ROWS);

/** How much of a v2 info-hash BitTorrent clients announce, in hex digits (BEP 52: cut to 20 bytes). */
export const TRUNCATED_HASH_DIGITS = 40;
/** The cut v2 info-hash is what v2 ones are found by; whoever asks for a whole one compares the rest. */
const CUT_V2: Field = { start: V2.start, length: TRUNCATED_HASH_DIGITS / 2 };

/** The most documents that are found by one md5. Files of one md5 can be made; more of them are listed but not found by it. */
export const MAX_DOCUMENTS_PER_MD5 = 16;

export interface Identity {
  readonly id: DocumentId;
  readonly infoHashV1: InfoHashV1;
  readonly infoHashV2: InfoHashV2;
  readonly md5: Md5;
  readonly addedBy: PeerId;
}

/** Where bytes that came from elsewhere have what a row is made of. */
export interface PackedIdentity {
  readonly ids: Buffer;
  readonly rootAt: number;
  /** Has all but the root. */
  readonly source: Buffer;
  readonly v2At: number;
  readonly v1At: number;
  readonly md5At: number;
  readonly addedByAt: number;
}

/** The hashes of documents by slot: 120 bytes each in large chunks, and found by each hash through tables of slots. */
export class IdentityTable implements Movable {
  private chunks: Buffer[] = [];
  private readonly wanted = Buffer.alloc(IDENTITY_ROW_SIZE);
  private readonly roots = new HashTable((slot) => this.hashAt(slot, ROOT));
  private readonly v1 = new HashTable((slot) => this.hashAt(slot, V1));
  private readonly v2 = new HashTable((slot) => this.hashAt(slot, CUT_V2));
  private readonly md5s = new HashTable((slot) => this.hashAt(slot, MD5));
  /** Rows are not found by anything yet. */
  private isFilling = false;
  /** They are found by all but their md5. */
  private isSettling = false;

  get movables(): readonly Movable[] {
    return [this, this.roots, this.v1, this.v2, this.md5s];
  }

  handOver(): Uint8Array[] {
    return this.chunks;
  }

  takeOver(chunks: Uint8Array[]): void {
    // A Buffer that moves arrives as plain bytes.
    this.chunks = chunks.map(({ buffer }) => Buffer.from(buffer));
  }

  set(slot: number, { id, infoHashV1, infoHashV2, md5, addedBy }: Identity): void {
    const chunk = this.newRow(slot);
    const at = rowAt(slot);
    chunk.write(id, at + ROOT.start, 'hex');
    chunk.write(infoHashV2, at + V2.start, 'hex');
    chunk.write(infoHashV1, at + V1.start, 'hex');
    chunk.write(md5, at + MD5.start, 'hex');
    chunk.write(addedBy, at + ADDED_BY.start, 'hex');
    if (!this.isFilling) this.enter(slot, this.hashAt(slot, ROOT), this.hashAt(slot, V1), this.hashAt(slot, CUT_V2));
  }

  /**
   * The same for a row whose parts are in other bytes already.
   * @returns false, and changes nothing, if its root or one of its info-hashes is that of another document
   */
  setPacked(slot: number, packed: PackedIdentity): boolean {
    if (this.isFilling) {
      writeRow(packed, this.newRow(slot), rowAt(slot));
      return true;
    }
    const row = this.wanted;
    writeRow(packed, row, 0);
    const [root, v1, v2] = [hashOf(row, ROOT), hashOf(row, V1), hashOf(row, CUT_V2)];
    if (this.findRow(this.roots, root, row, ROOT) !== -1) return false;
    if (this.findRow(this.v1, v1, row, V1) !== -1 || this.findRow(this.v2, v2, row, CUT_V2) !== -1) return false;
    this.newRow(slot).set(row, rowAt(slot));
    this.enter(slot, root, v1, v2);
    return true;
  }

  /** Very many rows are about to come into an empty table: nothing is found before {@link settle} and {@link endFilling}. */
  beginFilling(): void {
    this.isFilling = true;
  }

  /**
   * All rows below `end` are found from now on by their root and info-hashes, the earliest where several have the same.
   * @returns those that an earlier one has the root or an info-hash of, in order: they are to be deleted, and may come again
   */
  async settle(end: number, turn: Turn): Promise<number[]> {
    const late = new Set<number>();
    const uniques: (readonly [HashTable, Field])[] = [
      [this.roots, ROOT],
      [this.v1, V1],
      [this.v2, CUT_V2],
    ];
    for (const [table, field] of uniques)
      await table.fill(end, turn, (slot, earlier) => {
        if (!this.isSame(slot, earlier, field)) return true;
        late.add(slot);
        return false;
      });
    this.isFilling = false;
    this.isSettling = true;
    return [...late].sort((a, b) => a - b);
  }

  /** All rows below `end` are found by their md5, too, but those that are `gone`. */
  async endFilling(end: number, gone: readonly number[], turn: Turn): Promise<void> {
    const isGone = new Set(gone);
    let [last, others] = [-1, 0];
    await this.md5s.fill(end, turn, (slot, earlier) => {
      if (slot !== last) [last, others] = [slot, 0];
      return isGone.has(earlier) || !this.isSame(slot, earlier, MD5) || ++others < MAX_DOCUMENTS_PER_MD5;
    });
    for (const slot of gone) this.md5s.delete(this.hashAt(slot, MD5), slot);
    this.isSettling = false;
  }

  /** Nothing is found by the hashes of this slot any more; they can be read until the slot is used again. */
  delete(slot: number): void {
    this.roots.delete(this.hashAt(slot, ROOT), slot);
    this.v1.delete(this.hashAt(slot, V1), slot);
    this.v2.delete(this.hashAt(slot, CUT_V2), slot);
    this.md5s.delete(this.hashAt(slot, MD5), slot);
  }

  /** -1 for a root that is not there. */
  findRoot(id: DocumentId): number {
    return this.findIn(this.roots, ROOT, id);
  }

  /** By root, v1 or v2 info-hash (also cut to 20 bytes) or md5, in lower-case hex; -1 for none. */
  find(hash: string): number {
    if (hash.length === 2 * MD5.length) return this.findIn(this.md5s, MD5, hash);
    if (hash.length === 2 * V1.length) {
      const slot = this.findIn(this.v1, V1, hash);
      return slot === -1 ? this.findIn(this.v2, CUT_V2, hash) : slot;
    }
    if (hash.length !== 2 * ROOT.length) return -1;
    const slot = this.findIn(this.roots, ROOT, hash);
    if (slot !== -1) return slot;
    const cut = this.findIn(this.v2, CUT_V2, hash.slice(0, TRUNCATED_HASH_DIGITS));
    return cut !== -1 && this.text(cut, V2) === hash ? cut : -1;
  }

  /** The document that one of two info-hashes belongs to, which no other may have; -1 for none. */
  findOwner(v1: InfoHashV1, v2: InfoHashV2): number {
    const slot = this.findIn(this.v1, V1, v1);
    return slot === -1 ? this.findIn(this.v2, CUT_V2, v2.slice(0, TRUNCATED_HASH_DIGITS)) : slot;
  }

  idAt(slot: number): DocumentId {
    return this.text(slot, ROOT) as DocumentId;
  }

  infoHashV1At(slot: number): InfoHashV1 {
    return this.text(slot, V1) as InfoHashV1;
  }

  infoHashV2At(slot: number): InfoHashV2 {
    return this.text(slot, V2) as InfoHashV2;
  }

  md5At(slot: number): Md5 {
    return this.text(slot, MD5) as Md5;
  }

  addedByAt(slot: number): PeerId {
    return this.text(slot, ADDED_BY) as PeerId;
  }

  /** By their roots; 0 only for the same slot. */
  compareIds(a: number, b: number): number {
    const [chunkA, chunkB] = [this.chunkOf(a), this.chunkOf(b)];
    const [startA, startB] = [rowAt(a), rowAt(b)];
    for (let n = 0; n < ROOT.length; n++) {
      const difference = (chunkA[startA + n] as number) - (chunkB[startB + n] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }

  private findIn(table: HashTable, { start, length }: Field, hash: string): number {
    const { wanted } = this;
    if (wanted.write(hash, start, 'hex') !== length) return -1;
    return this.findRow(table, hashOf(wanted, { start, length }), wanted, { start, length });
  }

  /** The document whose row has the same field as another row. */
  private findRow(table: HashTable, hash: number, row: Uint8Array, { start, length }: Field): number {
    return table.find(hash, (slot) => {
      const chunk = this.chunkOf(slot);
      const at = rowAt(slot);
      for (let n = start; n < start + length; n++) if (chunk[at + n] !== row[n]) return false;
      return true;
    });
  }

  /** Others find the row from now on. */
  private enter(slot: number, root: number, v1: number, v2: number): void {
    this.roots.add(root, slot);
    this.v1.add(v1, slot);
    this.v2.add(v2, slot);
    if (this.isSettling) return;
    const md5 = this.hashAt(slot, MD5);
    let others = 0;
    this.md5s.find(md5, (other) => this.isSame(other, slot, MD5) && ++others === MAX_DOCUMENTS_PER_MD5);
    if (others < MAX_DOCUMENTS_PER_MD5) this.md5s.add(md5, slot);
  }

  private isSame(a: number, b: number, { start, length }: Field): boolean {
    const [startA, startB] = [rowAt(a) + start, rowAt(b) + start];
    const [chunkA, chunkB] = [this.chunkOf(a), this.chunkOf(b)];
    for (let n = 0; n < length; n++) if (chunkA[startA + n] !== chunkB[startB + n]) return false;
    return true;
  }

  private hashAt(slot: number, { start, length }: Field): number {
    const at = rowAt(slot) + start;
    return hashOfBytes(this.chunkOf(slot), at, at + length);
  }

  private text(slot: number, { start, length }: Field): string {
    const at = rowAt(slot) + start;
    return this.chunkOf(slot).toString('hex', at, at + length);
  }

  private newRow(slot: number): Buffer {
    while (slot >>> CHUNK_SHIFT >= this.chunks.length) this.chunks.push(Buffer.from(tableMemory(CHUNK_ROWS * IDENTITY_ROW_SIZE)));
    return this.chunkOf(slot);
  }

  private chunkOf(slot: number): Buffer {
    return this.chunks[slot >>> CHUNK_SHIFT] as Buffer;
  }
}

function writeRow({ ids, rootAt, source, v2At, v1At, md5At, addedByAt }: PackedIdentity, row: Uint8Array, at: number): void {
  copyField(row, at, ROOT, ids, rootAt);
  copyField(row, at, V2, source, v2At);
  copyField(row, at, V1, source, v1At);
  copyField(row, at, MD5, source, md5At);
  copyField(row, at, ADDED_BY, source, addedByAt);
}

function copyField(row: Uint8Array, rowStart: number, { start, length }: Field, source: Uint8Array, from: number): void {
  const to = rowStart + start;
  for (let n = 0; n < length; n++) row[to + n] = source[from + n] as number;
}

function hashOf(row: Uint8Array, { start, length }: Field): number {
  return hashOfBytes(row, start, start + length);
}

function rowAt(slot: number): number {
  return (slot & (CHUNK_ROWS - 1)) * IDENTITY_ROW_SIZE;
}
