import { describe, expect, it } from '@jest/globals';
import { formatEndpoint, MAX_PAGE_RANGES_LENGTH, MAX_PIECES } from '@pageswarm/primitives';
import fc from 'fast-check';
import {
  AddressField,
  AnnounceRequestSchema,
  DocumentIdField,
  DocumentSchema,
  ErrorShapeSchema,
  ExtractRequestSchema,
  IndexRangesField,
  InspectionSchema,
  JoinRequestSchema,
  LookupRequestSchema,
  MAX_ANNOUNCE_DOCUMENTS,
  MAX_NAME_LENGTH,
  MAX_PAGES,
  MAX_PROTOCOL_DOCUMENT_BYTES,
  MAX_RENDER_WIDTH,
  MAX_SEARCH_LIMIT,
  NameField,
  PEER_PATTERNS,
  PieceLengthField,
  PortField,
  RenderRequestSchema,
  SearchItemSchema,
  SearchRequestSchema,
  SizeField,
  StartDownloadSchema,
  TimeField,
  TRACKER_PATTERNS,
  WithdrawRequestSchema,
  WORKER_PATTERNS,
} from './index.ts';

const ROOT = 'b22242ba7d3092497f39df3792a6d4af035411044f9aaa3c707f5dd5e1ca4d10';
const PEER = '2d50533030312d0a1b2c3d4e5f60718293a4b5c6';
const NOW = '2026-01-02T03:04:05.678Z';
const inspection = {
  pages: 2,
  words: [10, 0],
  extractor: 'pdfium',
  title: null,
  author: null,
  mapped: true,
  mapReason: null,
  encrypted: false,
  needsPassword: false,
  error: null,
};
const identity = {
  id: ROOT,
  name: 'x.pdf',
  size: 20_000,
  pieceLength: 16_384,
  md5: '91d3d92367e3f6c8fc5abf7bf9391954',
  infoHashV1: '5511554d93b74002899f5ffdf3d5f95e2d38ac81',
  infoHashV2: '246d1e615b6ac53b7d0e32d22b1453fe3809bdc2a17e3b3e10437d8724977d4f',
};
const announced = { ...identity, ...inspection, complete: true, have: 2 };
const host = { peerId: PEER, address: '127.0.0.1:7185', complete: true, pieces: 2, lastSeen: NOW };
const document = { ...identity, ...inspection, aliases: [], addedBy: PEER, addedAt: NOW, hosts: [host] };

describe('the fields', () => {
  it('accept what is at a limit and refuse what is one beyond', () => {
    const limits = [
      [SizeField, 1, MAX_PROTOCOL_DOCUMENT_BYTES],
      [PortField, 1, 65_535],
    ] as const;
    for (const [field, least, most] of limits) {
      for (const value of [least, most]) expect(field.safeParse(value).success).toBe(true);
      for (const value of [least - 1, most + 1, least + 0.5, String(least), Number.NaN]) expect(field.safeParse(value).success).toBe(false);
    }
    expect(NameField.safeParse('x'.repeat(MAX_NAME_LENGTH)).success).toBe(true);
    for (const name of ['', 'x'.repeat(MAX_NAME_LENGTH + 1), 7]) expect(NameField.safeParse(name).success).toBe(false);
  });

  it('know piece lengths: powers of two from 16 KiB to 64 MiB', () => {
    for (let power = 14; power <= 26; power++) expect(PieceLengthField.safeParse(2 ** power).success).toBe(true);
    for (const length of [2 ** 13, 2 ** 27, 20_000, 16_385]) expect(PieceLengthField.safeParse(length).success).toBe(false);
  });

  it('hold the largest document in the largest pieces', () => {
    expect(MAX_PROTOCOL_DOCUMENT_BYTES).toBe(MAX_PIECES * 2 ** 26);
  });

  it('normalise ids and addresses', () => {
    expect(DocumentIdField.parse(ROOT.toUpperCase())).toBe(ROOT);
    expect(AddressField.parse(' [::1]:7185 ')).toBe('[::1]:7185');
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        const address = formatEndpoint({ host: name, port });
        expect(AddressField.parse(address)).toBe(address);
      }),
    );
    for (const address of ['', 'peer', ':1', 7185, null]) expect(AddressField.safeParse(address).success).toBe(false);
  });

  it('know moments in UTC only', () => {
    expect(TimeField.safeParse(NOW).success).toBe(true);
    for (const time of ['2026-01-02', '2026-01-02T03:04:05+01:00', '2026-13-02T03:04:05Z', 0])
      expect(TimeField.safeParse(time).success).toBe(false);
  });

  it('know runs of indexes', () => {
    expect(
      IndexRangesField.parse([
        [0, 1],
        [5, 2],
      ]),
    ).toEqual([
      [0, 1],
      [5, 2],
    ]);
    for (const ranges of [[[0, 0]], [[-1, 1]], [[0]], [[0, 1, 2]], [[0.5, 1]], [[0, 2 ** 60]], Array(8_193).fill([0, 1])])
      expect(IndexRangesField.safeParse(ranges).success).toBe(false);
  });
});

describe('the messages', () => {
  it('announce up to a limit of documents, with what was found in each', () => {
    expect(AnnounceRequestSchema.parse({ documents: [announced] }).documents[0]).toEqual({ ...announced, aliases: [] });
    expect(AnnounceRequestSchema.safeParse({ documents: Array(MAX_ANNOUNCE_DOCUMENTS).fill(announced) }).success).toBe(true);
    expect(AnnounceRequestSchema.safeParse({ documents: Array(MAX_ANNOUNCE_DOCUMENTS + 1).fill(announced) }).success).toBe(false);
    expect(AnnounceRequestSchema.safeParse({ documents: [] }).success).toBe(false);
    expect(AnnounceRequestSchema.safeParse({ documents: [{ ...announced, name: '' }] }).success).toBe(false);
    expect(AnnounceRequestSchema.safeParse({ documents: [{ ...announced, have: -1 }] }).success).toBe(false);
    expect(AnnounceRequestSchema.safeParse({ documents: [{ ...announced, aliases: Array(65).fill('x') }] }).success).toBe(false);
  });

  it('inspect documents of up to a limit of pages, or say why nothing is known', () => {
    const unknown = { ...inspection, pages: null, words: null, extractor: null, error: { code: 'PDF_TIMEOUT', detail: 'no answer' } };
    expect(InspectionSchema.safeParse(unknown).success).toBe(true);
    expect(InspectionSchema.safeParse({ ...inspection, pages: MAX_PAGES + 1 }).success).toBe(false);
    expect(InspectionSchema.safeParse({ ...inspection, words: Array(MAX_PAGES + 1).fill(0) }).success).toBe(false);
    expect(ErrorShapeSchema.safeParse({ code: 'NO_SUCH_CODE', detail: '' }).success).toBe(false);
  });

  it('show documents and pages of a search', () => {
    expect(DocumentSchema.parse(document)).toEqual(document);
    expect(DocumentSchema.safeParse({ ...document, hosts: [{ ...host, address: 'nowhere' }] }).success).toBe(false);
    expect(SearchItemSchema.parse({ document })).toEqual({ document });
    expect(SearchItemSchema.parse({ nextCursor: null })).toEqual({ nextCursor: null });
    expect(SearchItemSchema.safeParse({}).success).toBe(false);
    expect(SearchRequestSchema.safeParse({ limit: MAX_SEARCH_LIMIT }).success).toBe(true);
    for (const limit of [0, MAX_SEARCH_LIMIT + 1, 'many', 1.5]) expect(SearchRequestSchema.safeParse({ limit }).success).toBe(false);
    expect(SearchRequestSchema.safeParse({ query: 'x'.repeat(501) }).success).toBe(false);
  });

  it('look up by any hash', () => {
    for (const length of [32, 40, 64]) expect(LookupRequestSchema.safeParse({ id: 'aB'.repeat(length / 2) }).success).toBe(true);
    for (const id of ['', 'a'.repeat(31), 'a'.repeat(65), 'g'.repeat(64), `${'a'.repeat(64)}\n`])
      expect(LookupRequestSchema.safeParse({ id }).success).toBe(false);
    expect(WithdrawRequestSchema.safeParse({ ids: Array(1_001).fill(ROOT) }).success).toBe(false);
  });

  it('order downloads and pages', () => {
    expect(StartDownloadSchema.parse({ id: 'magnet:?xt=x', pages: '1-3', strategy: 'cascade' }).strategy).toBe('cascade');
    for (const wrong of [{}, { id: '' }, { id: ROOT, strategy: 'fastest' }, { id: ROOT, pages: 3 }])
      expect(StartDownloadSchema.safeParse(wrong).success).toBe(false);
    const work = { id: ROOT, size: 1, pieceLength: 16_384, source: { port: 7185 } };
    expect(ExtractRequestSchema.safeParse({ ...work, pages: 'x'.repeat(MAX_PAGE_RANGES_LENGTH) }).success).toBe(true);
    expect(ExtractRequestSchema.safeParse({ ...work, pages: 'x'.repeat(MAX_PAGE_RANGES_LENGTH + 1) }).success).toBe(false);
    expect(RenderRequestSchema.parse({ ...work, page: 1 }).width).toBe(600);
    expect(RenderRequestSchema.safeParse({ ...work, page: 1, width: MAX_RENDER_WIDTH + 1 }).success).toBe(false);
    expect(RenderRequestSchema.safeParse({ ...work, page: 0 }).success).toBe(false);
  });

  it('join with a port, and a host only if the sender knows better', () => {
    expect(JoinRequestSchema.safeParse({ transport: { port: 7185 } }).success).toBe(true);
    for (const wrong of [
      {},
      { transport: { port: 0 } },
      { transport: { host: '', port: 1 } },
      { transport: { port: 1 }, name: 'x'.repeat(101) },
    ])
      expect(JoinRequestSchema.safeParse(wrong).success).toBe(false);
  });

  it('have one name each, whoever answers them', () => {
    const patterns = [TRACKER_PATTERNS, PEER_PATTERNS, WORKER_PATTERNS].flatMap((names) => Object.values(names));
    expect(new Set(patterns).size).toBe(patterns.length);
    for (const pattern of patterns) expect(pattern).toMatch(/^[a-z-]+\.[a-z]+$/);
  });
});
