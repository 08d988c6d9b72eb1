import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { type ByteSource, PageSwarmError } from '@pageswarm/primitives';
import { MAX_PAGES } from './fields.ts';

/*
 * The text of all pages of a document in one file, from which the text of one page is read without the rest:
 * u8 version, u32 bytes of the index, the index, the blocks. Numbers are big-endian; index and blocks are brotli. The index is
 * u32 pages, for each page u32 bytes of its text (UTF-8), u32 blocks, for each block u32 compressed bytes. A page lies in one
 * block; a block ends with the page that brings it to BLOCK_BYTES.
 */
const VERSION = 1;
const HEADER_BYTES = 5;
/** A block of texts ends once it has this many bytes: what is inflated to read one page. */
export const TEXT_BLOCK_BYTES = 131_072;
/** The most bytes of text (UTF-8) that are kept of one page; the rest of it is left out. */
export const MAX_PAGE_TEXT_BYTES = 1_048_576;
/** The most bytes of text that are kept of one document; pages after that are kept without text. */
export const MAX_DOCUMENT_TEXT_BYTES = 134_217_728;
/** The most bytes that the texts of a document may have in their compressed form. */
export const MAX_ENCODED_TEXTS_BYTES = 67_108_864;
/** Brotli's quality: 4 saves a twentieth more bytes for twice the time, and whoever inspects a document waits for it. */
const QUALITY = 2;

export interface PageTextLimits {
  readonly maxPageBytes: number;
  readonly maxDocumentBytes: number;
}
const LIMITS: PageTextLimits = { maxPageBytes: MAX_PAGE_TEXT_BYTES, maxDocumentBytes: MAX_DOCUMENT_TEXT_BYTES };

/** Takes the texts of pages one after another and packs them. */
export class PageTextsWriter {
  private readonly pageBytes: number[] = [];
  private readonly blocks: Uint8Array[] = [];
  private open: Uint8Array[] = [];
  private openBytes = 0;
  private total = 0;

  constructor(private readonly limits: PageTextLimits = LIMITS) {}

  /** @param text of the next page; what passes the limits is cut off */
  add(text: string): void {
    const room = Math.min(this.limits.maxPageBytes, this.limits.maxDocumentBytes - this.total);
    const bytes = cutText(Buffer.from(text, 'utf8'), room);
    this.pageBytes.push(bytes.length);
    this.total += bytes.length;
    this.open.push(bytes);
    this.openBytes += bytes.length;
    if (this.openBytes >= TEXT_BLOCK_BYTES) this.closeBlock();
  }

  finish(): Uint8Array {
    if (this.openBytes > 0) this.closeBlock();
    const index = compress(
      numbers([this.pageBytes.length, ...this.pageBytes, this.blocks.length, ...this.blocks.map(({ length }) => length)]),
    );
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt8(VERSION, 0);
    header.writeUInt32BE(index.length, 1);
    return Buffer.concat([header, index, ...this.blocks]);
  }

  private closeBlock(): void {
    this.blocks.push(compress(Buffer.concat(this.open, this.openBytes)));
    this.open = [];
    this.openBytes = 0;
  }
}

/** Where the text of each page lies. */
interface TextIndex {
  readonly pageBytes: readonly number[];
  readonly blocks: readonly { readonly offset: number; readonly length: number }[];
}

/** Reads texts of pages out of what {@link PageTextsWriter} made; each read takes the index and one block. */
export class PageTextsReader {
  private constructor(
    private readonly source: ByteSource,
    private readonly index: TextIndex,
  ) {}

  /** @throws PageSwarmError INVALID_REQUEST if these are no texts of pages */
  static async open(source: ByteSource): Promise<PageTextsReader> {
    if (source.size < HEADER_BYTES || source.size > MAX_ENCODED_TEXTS_BYTES) throw unreadable();
    const header = Buffer.from(await source.read(0, HEADER_BYTES));
    const indexBytes = header.readUInt32BE(1);
    if (header.readUInt8(0) !== VERSION || HEADER_BYTES + indexBytes > source.size) throw unreadable();
    return new PageTextsReader(source, parseIndex(await source.read(HEADER_BYTES, indexBytes), HEADER_BYTES + indexBytes, source.size));
  }

  get pages(): number {
    return this.index.pageBytes.length;
  }

  /** @param page number from 1. @throws PageSwarmError PAGE_NOT_FOUND, INVALID_REQUEST */
  async text(page: number): Promise<string> {
    const { pageBytes, blocks } = this.index;
    if (!(page >= 1 && page <= pageBytes.length))
      throw new PageSwarmError('PAGE_NOT_FOUND', `There is no page ${page} of ${pageBytes.length}`);
    let [block, offset] = [0, 0];
    for (const length of pageBytes.slice(0, page - 1)) {
      offset += length;
      if (offset >= TEXT_BLOCK_BYTES) [block, offset] = [block + 1, 0];
    }
    const length = pageBytes[page - 1] as number;
    const place = blocks[block];
    if (length === 0) return '';
    if (!place) throw unreadable();
    const bytes = decompress(await this.source.read(place.offset, place.length), TEXT_BLOCK_BYTES + MAX_PAGE_TEXT_BYTES);
    if (offset + length > bytes.length) throw unreadable();
    return bytes.toString('utf8', offset, offset + length);
  }
}

function parseIndex(compressed: Uint8Array, firstOffset: number, size: number): TextIndex {
  const index = decompress(compressed, 4 * (2 + 2 * MAX_PAGES));
  const at = (place: number): number => {
    if (4 * (place + 1) > index.length) throw unreadable();
    return index.readUInt32BE(4 * place);
  };
  const pages = at(0);
  const count = at(1 + pages);
  if (pages > MAX_PAGES || index.length !== 4 * (2 + pages + count)) throw unreadable();
  const pageBytes = Array.from({ length: pages }, (_, page) => at(1 + page));
  if (pageBytes.some((bytes) => bytes > MAX_PAGE_TEXT_BYTES)) throw unreadable();
  let offset = firstOffset;
  const blocks = Array.from({ length: count }, (_, block) => {
    const length = at(2 + pages + block);
    const place = { offset, length };
    offset += length;
    return place;
  });
  if (offset !== size) throw unreadable();
  return { pageBytes, blocks };
}

/** The longest beginning of at most `most` bytes that ends with a whole character. */
function cutText(bytes: Buffer, most: number): Buffer {
  if (bytes.length <= most) return bytes;
  let end = Math.max(0, most);
  while (end > 0 && ((bytes[end] as number) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end);
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [place, value] of values.entries()) bytes.writeUInt32BE(value, 4 * place);
  return bytes;
}

function compress(bytes: Uint8Array): Buffer {
  const params = { [constants.BROTLI_PARAM_QUALITY]: QUALITY, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
  return brotliCompressSync(bytes, { params });
}

function decompress(bytes: Uint8Array, maxOutputLength: number): Buffer {
  try {
    return brotliDecompressSync(bytes, { maxOutputLength });
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause?: unknown): PageSwarmError {
  return new PageSwarmError('INVALID_REQUEST', 'The texts of the pages cannot be read', { cause });
}
