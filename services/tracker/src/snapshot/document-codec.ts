import { type Inspection, MAX_NAME_LENGTH, MAX_PAGES, MAX_PROTOCOL_DOCUMENT_BYTES } from '@pageswarm/contracts';
import {
  type DocumentId,
  ERROR_CODES,
  type ErrorCode,
  type InfoHashV1,
  type InfoHashV2,
  type Md5,
  type PeerId,
  pieceCount,
} from '@pageswarm/primitives';
import { MAX_ALIASES } from '../catalog/announced-facts.ts';
import type { DocumentFacts, DocumentRecord } from '../catalog/document-record.ts';
import { MAX_PEERS } from '../swarm/host-table.ts';
import { ByteReader, foreign } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

/** The first byte of a document's entry. */
export const DOCUMENT_FORMAT = 0xd1;
/** How much of a tracker's id an entry carries to say who wrote it, in hex digits. */
export const WRITER_TAG_DIGITS = 16;

export const ID_BYTES = { root: 32, md5: 16, v1: 20, v2: 32 } as const;
/** Piece lengths as powers of two. */
export const PIECE_BITS = { least: 14, most: 26 } as const;
/** What the byte before an inspection tells. */
export const DOCUMENT_FLAGS = { mapped: 1, encrypted: 2, needsPassword: 4, pages: 8, words: 16, error: 32 } as const;
const ALL_FLAGS = 63;
/** Lengths that the contract allows to texts of an inspection; an error's detail has no limit there. */
export const MAX_TEXT = { extractor: 100, mapReason: 500, error: 65_536 } as const;

export interface StoredDocument {
  /** The first bytes of the id of the tracker that wrote it, in hex. */
  readonly writer: string;
  readonly facts: DocumentFacts;
  readonly past: { readonly completed: number; readonly holdings: readonly (readonly [PeerId, number, boolean])[] };
}

const writer = new ByteWriter();

/**
 * A document with its holders as bytes; its id is the key and not part of them.
 * @param writerTag {@link WRITER_TAG_DIGITS} in hex
 */
export function encodeDocument(record: DocumentRecord, writerTag: string): Buffer {
  const { inspection, aliases } = record;
  writer.byte(DOCUMENT_FORMAT);
  writer.hex(writerTag);
  writer.hex(record.md5);
  writer.hex(record.infoHashV1);
  writer.hex(record.infoHashV2);
  writer.hex(record.addedBy);
  writer.moment(record.addedAt);
  writer.count(record.size);
  writer.byte(Math.log2(record.pieceLength));
  writer.count(record.completed);
  writer.text(record.name);
  writer.count(aliases.length);
  for (const alias of aliases) writer.text(alias);
  writeInspection(inspection);
  writer.count(record.holdings.size);
  for (const [peerId, { have, complete }] of record.holdings) {
    writer.hex(peerId);
    writer.count(2 * have + (complete ? 1 : 0));
  }
  return writer.take();
}

/** @throws PageSwarmError INVALID_SNAPSHOT for bytes that are not of this version's making */
export function decodeDocument(id: string, bytes: Buffer): StoredDocument {
  if (id.length !== 64) throw foreign('no document id');
  const reader = new ByteReader(bytes);
  if (reader.byte() !== DOCUMENT_FORMAT) throw foreign('no document');
  const writerTag = reader.hex(WRITER_TAG_DIGITS / 2);
  const md5 = reader.hex(ID_BYTES.md5) as Md5;
  const infoHashV1 = reader.hex(ID_BYTES.v1) as InfoHashV1;
  const infoHashV2 = reader.hex(ID_BYTES.v2) as InfoHashV2;
  const addedBy = reader.peerId();
  const addedAt = reader.moment();
  const size = reader.count(MAX_PROTOCOL_DOCUMENT_BYTES);
  const pieceBits = reader.byte();
  if (size === 0 || pieceBits < PIECE_BITS.least || pieceBits > PIECE_BITS.most) throw foreign('no size');
  const pieceLength = 2 ** pieceBits;
  const completed = reader.count(Number.MAX_SAFE_INTEGER);
  const name = reader.text(1, MAX_NAME_LENGTH);
  const aliases: string[] = [];
  for (let left = reader.count(MAX_ALIASES); left > 0; left--) aliases.push(reader.text(1, MAX_NAME_LENGTH));
  const inspection = readInspection(reader);
  const holdings = readHoldings(reader, pieceCount(size, pieceLength));
  reader.end();
  const facts = { id: id as DocumentId, name, size, pieceLength, md5, infoHashV1, infoHashV2, addedBy, addedAt, aliases, inspection };
  return { writer: writerTag, facts, past: { completed, holdings } };
}

function writeInspection({ pages, words, error, ...rest }: Inspection): void {
  writer.byte(
    (rest.mapped ? DOCUMENT_FLAGS.mapped : 0) |
      (rest.encrypted ? DOCUMENT_FLAGS.encrypted : 0) |
      (rest.needsPassword ? DOCUMENT_FLAGS.needsPassword : 0) |
      (pages === null ? 0 : DOCUMENT_FLAGS.pages) |
      (words === null ? 0 : DOCUMENT_FLAGS.words) |
      (error === null ? 0 : DOCUMENT_FLAGS.error),
  );
  if (pages !== null) writer.count(pages);
  if (words !== null) {
    writer.count(words.length);
    for (const count of words) writer.count(count);
  }
  writer.optionalText(rest.extractor);
  writer.optionalText(rest.title);
  writer.optionalText(rest.author);
  writer.optionalText(rest.mapReason);
  if (error === null) return;
  writer.text(error.code);
  writer.text(error.detail.slice(0, MAX_TEXT.error));
}

function readInspection(reader: ByteReader): Inspection {
  const flags = reader.byte();
  if (flags > ALL_FLAGS) throw foreign('no flags');
  const pages = flags & DOCUMENT_FLAGS.pages ? reader.count(MAX_PAGES) : null;
  let words: number[] | null = null;
  if (flags & DOCUMENT_FLAGS.words) {
    words = [];
    for (let left = reader.count(MAX_PAGES); left > 0; left--) words.push(reader.count(Number.MAX_SAFE_INTEGER));
  }
  return {
    pages,
    words,
    extractor: reader.optionalText(MAX_TEXT.extractor),
    title: reader.optionalText(MAX_NAME_LENGTH),
    author: reader.optionalText(MAX_NAME_LENGTH),
    mapped: (flags & DOCUMENT_FLAGS.mapped) !== 0,
    mapReason: reader.optionalText(MAX_TEXT.mapReason),
    encrypted: (flags & DOCUMENT_FLAGS.encrypted) !== 0,
    needsPassword: (flags & DOCUMENT_FLAGS.needsPassword) !== 0,
    error: flags & DOCUMENT_FLAGS.error ? { code: readCode(reader), detail: reader.text(0, MAX_TEXT.error) } : null,
  };
}

function readCode(reader: ByteReader): ErrorCode {
  const code = reader.text(1, 100);
  if (!Object.hasOwn(ERROR_CODES, code)) throw foreign('no error code');
  return code as ErrorCode;
}

function readHoldings(reader: ByteReader, pieces: number): [PeerId, number, boolean][] {
  const holdings: [PeerId, number, boolean][] = [];
  for (let left = reader.count(MAX_PEERS); left > 0; left--) {
    const peerId = reader.peerId();
    const told = reader.count(2 * pieces + 1);
    const have = told >> 1;
    const complete = (told & 1) === 1;
    if (complete && have !== pieces) throw foreign('a complete holder without all pieces');
    holdings.push([peerId, have, complete]);
  }
  return holdings;
}
