import { MAX_NAME_LENGTH, MAX_PAGES, MAX_PROTOCOL_DOCUMENT_BYTES } from '@pageswarm/contracts';
import { pieceCount } from '@pageswarm/primitives';
import { MAX_ALIASES } from '../catalog/announced-facts.ts';
import { PART } from '../catalog/description.ts';
import { PackedDocument } from '../catalog/packed-document.ts';
import { MAX_PEERS } from '../swarm/host-table.ts';
import { DOCUMENT_FLAGS, DOCUMENT_FORMAT, ID_BYTES, MAX_TEXT, PIECE_BITS, WRITER_TAG_DIGITS } from './document-codec.ts';
import { EntryScan } from './entry-scan.ts';

const PEER_ID_BYTES = 20;
/** The latest moment that a date can be, in milliseconds since 1970. */
const LAST_MOMENT = 8.64e15;

/**
 * Reads entries of documents into the form in which a catalog keeps them, without making a text or an object of any part.
 * It takes ordinary entries alone; `decodeDocument` reads those that it leaves, or tells what is wrong with them.
 */
export class DocumentPacker {
  readonly document = new PackedDocument();
  private readonly scan = new EntryScan();

  /**
   * @param ids where the id of an entry is, from `idAt` on, as many bytes as a root has
   * @param bytes where its value is, from `start` to `end`
   * @returns false for an entry that is to be decoded; what `document` holds then means nothing
   */
  pack(ids: Buffer, idAt: number, bytes: Buffer, start = 0, end = bytes.length): boolean {
    const { document, scan } = this;
    scan.begin(bytes, start, end);
    if (scan.byte() !== DOCUMENT_FORMAT) return false;
    scan.skip(WRITER_TAG_DIGITS / 2);
    document.source = bytes;
    document.ids = ids;
    document.rootAt = idAt;
    document.md5At = this.skip(ID_BYTES.md5);
    document.v1At = this.skip(ID_BYTES.v1);
    document.v2At = this.skip(ID_BYTES.v2);
    document.addedByAt = this.skip(PEER_ID_BYTES);
    document.addedAt = scan.double();
    if (!(Math.abs(document.addedAt) <= LAST_MOMENT)) return false;
    document.size = scan.count(MAX_PROTOCOL_DOCUMENT_BYTES);
    document.pieceBits = scan.byte();
    if (document.size === 0 || document.pieceBits < PIECE_BITS.least || document.pieceBits > PIECE_BITS.most) return false;
    document.completed = scan.count(Number.MAX_SAFE_INTEGER);
    return this.packNames() && this.packInspection() && this.packHolders();
  }

  /** @returns where what is skipped begins */
  private skip(count: number): number {
    const { at } = this.scan;
    this.scan.skip(count);
    return at;
  }

  private packNames(): boolean {
    const { document, scan } = this;
    const nameStart = scan.at;
    scan.text(1, MAX_NAME_LENGTH);
    this.setPart(PART.name, nameStart);
    const start = scan.at;
    const aliases = scan.count(MAX_ALIASES);
    const first = scan.at;
    for (let n = 0; n < aliases && !scan.isBad; n++) {
      const at = scan.at;
      scan.text(1, MAX_NAME_LENGTH);
      // Aliases are others than the name, each once; what names were told twice has to be sorted out.
      if (scan.isSame(nameStart, at)) return false;
      for (let other = first; other < at; other = scan.textEnd(other)) if (scan.isSame(other, at)) return false;
    }
    if (aliases > 0) this.setPart(PART.aliases, start);
    else document.parts.fill(0, 2 * PART.aliases, 2 * PART.aliases + 2);
    return !scan.isBad;
  }

  private packInspection(): boolean {
    const { document, scan } = this;
    const flags = scan.byte();
    // Few documents have an error, which is worth no code of its own.
    if (flags >= DOCUMENT_FLAGS.error) return false;
    document.isMapped = (flags & DOCUMENT_FLAGS.mapped) !== 0;
    document.isEncrypted = (flags & DOCUMENT_FLAGS.encrypted) !== 0;
    document.needsPassword = (flags & DOCUMENT_FLAGS.needsPassword) !== 0;
    const pagesStart = scan.at;
    document.pages = flags & DOCUMENT_FLAGS.pages ? scan.count(MAX_PAGES) : -1;
    this.setPart(PART.pages, pagesStart);
    document.wordsStart = scan.at;
    if (flags & DOCUMENT_FLAGS.words)
      for (let left = scan.count(MAX_PAGES); left > 0 && !scan.isBad; left--) scan.count(Number.MAX_SAFE_INTEGER);
    document.wordsEnd = scan.at;
    this.packOptional(PART.extractor, MAX_TEXT.extractor);
    this.packOptional(PART.title, MAX_NAME_LENGTH);
    this.packOptional(PART.author, MAX_NAME_LENGTH);
    this.packOptional(PART.mapReason, MAX_TEXT.mapReason);
    return !scan.isBad;
  }

  private packHolders(): boolean {
    const { document, scan } = this;
    const pieces = pieceCount(document.size, 1 << document.pieceBits);
    const holders = scan.count(MAX_PEERS);
    if (scan.isBad) return false;
    document.holders = holders;
    document.reserveHolders(holders);
    for (let n = 0; n < holders && !scan.isBad; n++) {
      document.holderPlaces[n] = scan.at;
      scan.skip(PEER_ID_BYTES);
      const told = scan.count(2 * pieces + 1);
      // Who has all has all pieces.
      if ((told & 1) === 1 && told >>> 1 !== pieces) return false;
      document.holderPieces[n] = told;
    }
    return scan.isAtEnd;
  }

  private packOptional(part: number, maxLength: number): void {
    const { scan } = this;
    const isThere = scan.byte();
    const start = scan.at;
    if (isThere === 1) scan.text(0, maxLength);
    else if (isThere !== 0) scan.refuse();
    this.setPart(part, start);
  }

  private setPart(part: number, start: number): void {
    this.document.parts[2 * part] = start;
    this.document.parts[2 * part + 1] = this.scan.at;
  }
}
