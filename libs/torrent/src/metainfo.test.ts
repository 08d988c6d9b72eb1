import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { infoHashV1, infoHashV2, isPageSwarmError } from '@pageswarm/primitives';
import fc from 'fast-check';
import { type BencodeInput, type BencodeValue, bdecode, bencode } from './bencode.ts';
import { DocumentHasher } from './document-hasher.ts';
import { verifyPieceLayer } from './merkle-tree.ts';
import { encodeMetainfo, type HybridMetainfo, infoHashes } from './metainfo.ts';
import { parseMetainfo } from './metainfo-parser.ts';

/** Real PDFs and the torrents that libtorrent made of them: a corpus folder beside the checkout. */
const corpus = process.env['PAGESWARM_CORPUS'] ?? join(import.meta.dirname, '../../../../shared/corpus');
interface Expected {
  readonly file: string;
  readonly torrent: string;
  readonly size: number;
  readonly pieceLength: number;
  readonly pieces: number;
  readonly infoHashV1: string;
  readonly infoHashV2: string;
  readonly piecesRoot: string;
  readonly md5: string;
}
const fixtures: Expected[] = existsSync(join(corpus, 'torrents/expected.json'))
  ? JSON.parse(readFileSync(join(corpus, 'torrents/expected.json'), 'utf8'))
  : [];

/** Any character of Unicode; fast-check's own unit of this kind takes seconds to set up. */
const anyCharacter = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point));

function hybridOf(bytes: Uint8Array, name: string, pieceLength?: number): HybridMetainfo {
  return { name, ...new DocumentHasher(bytes.length, pieceLength).update(bytes).finish() };
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return isPageSwarmError(error) ? error.code : `not ours: ${error}`;
  }
  return 'nothing thrown';
}

if (fixtures.length === 0)
  it.skip('torrents of libtorrent (skipped: no corpus folder beside the checkout, PAGESWARM_CORPUS unset)', () => {});
else
  describe.each(fixtures)('the torrent that libtorrent made of $file', (expected) => {
    const torrent = readFileSync(join(corpus, 'torrents', expected.torrent));
    const name = expected.file.split('/').at(-1) as string;

    it('is read as libtorrent meant it', () => {
      const metainfo = parseMetainfo(torrent);
      expect(metainfo).toMatchObject({
        name,
        size: expected.size,
        pieceLength: expected.pieceLength,
        root: expected.piecesRoot,
        infoHashV1: expected.infoHashV1,
        infoHashV2: expected.infoHashV2,
      });
      expect(metainfo.pieceLayer?.length).toBe(32 * expected.pieces);
      expect(metainfo.v1Pieces?.length).toBe(20 * expected.pieces);
    });

    it('is what we make of the same file', () => {
      const bytes = readFileSync(join(corpus, expected.file));
      const hashes = new DocumentHasher(bytes.length).update(bytes).finish();
      expect(hashes).toMatchObject({ md5: expected.md5, root: expected.piecesRoot, pieceLength: expected.pieceLength });
      expect(infoHashes({ name, ...hashes })).toEqual({ infoHashV1: expected.infoHashV1, infoHashV2: expected.infoHashV2 });
      const { pieceLayer, v1Pieces } = parseMetainfo(torrent);
      expect(Buffer.from(hashes.pieceLayer).equals(pieceLayer as Uint8Array)).toBe(true);
      expect(Buffer.from(hashes.v1Pieces).equals(v1Pieces as Uint8Array)).toBe(true);
      expect(Buffer.from(encodeMetainfo({ name, ...hashes })).equals(torrent)).toBe(true);
    });
  });

describe('metainfo', () => {
  const bytes = new Uint8Array(100_000).fill(7);
  const hybrid = hybridOf(bytes, 'Física básica.pdf');

  it('returns everything that was written', () => {
    const extras = {
      trackers: [['http://a/announce', 'http://b/announce'], ['udp://c:1']],
      webSeeds: ['http://a/file.pdf'],
      comment: 'Año',
      createdBy: 'PageSwarm',
      createdAt: 1_700_000_000_000,
      pageMap: new Uint8Array([1, 2, 3]),
    };
    const parsed = parseMetainfo(encodeMetainfo({ ...hybrid, ...extras }));
    const { name, size, pieceLength, root, pieceLayer, v1Pieces } = hybrid;
    expect(parsed).toEqual({ name, size, pieceLength, root, pieceLayer, v1Pieces, ...infoHashes(hybrid), ...extras });
  });

  it('round-trips any name, size and piece length', () => {
    const names = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 200_000 }), fc.constantFrom(16_384, 32_768, 262_144), (name, size, pieceLength) => {
        const metainfo = hybridOf(new Uint8Array(size).fill(size), name, pieceLength);
        const parsed = parseMetainfo(encodeMetainfo(metainfo));
        expect(parsed).toMatchObject({ name, size, pieceLength, root: metainfo.root, ...infoHashes(metainfo) });
        expect(verifyPieceLayer(metainfo.root, parsed.pieceLayer as Uint8Array, size, pieceLength)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('keeps nothing of the file that was read alive', () => {
    const parsed = parseMetainfo(encodeMetainfo({ ...hybrid, pageMap: new Uint8Array(3) }));
    for (const bytes of [parsed.pieceLayer, parsed.v1Pieces, parsed.pageMap]) expect(bytes?.buffer.byteLength).toBe(bytes?.length);
  });

  it('keeps the page map outside info, so the info-hashes do not change', () => {
    const withMap = parseMetainfo(encodeMetainfo({ ...hybrid, pageMap: new Uint8Array(500) }));
    expect(withMap).toMatchObject(infoHashes(hybrid));
  });

  it('writes one tracker as announce alone and more as tiers too', () => {
    const keys = (trackers: string[][]) => [...(bdecode(encodeMetainfo({ ...hybrid, trackers })) as Map<string, BencodeValue>).keys()];
    expect(keys([])).toEqual(['info', 'piece layers']);
    expect(keys([[], ['http://a']])).toEqual(['announce', 'info', 'piece layers']);
    expect(keys([['http://a'], ['http://b']])).toEqual(['announce', 'announce-list', 'info', 'piece layers']);
  });

  it('refuses to write hashes that do not fit', () => {
    expect(codeOf(() => encodeMetainfo({ ...hybrid, name: '' }))).toBe('INVALID_TORRENT');
    expect(codeOf(() => encodeMetainfo({ ...hybrid, v1Pieces: new Uint8Array(20) }))).toBe('INVALID_TORRENT');
    expect(codeOf(() => encodeMetainfo({ ...hybrid, pieceLayer: new Uint8Array(32) }))).toBe('INVALID_TORRENT');
  });
});

describe('torrents of other makers', () => {
  const size = 40_000;
  const { root, pieceLayer, v1Pieces } = new DocumentHasher(size).update(new Uint8Array(size)).finish();
  const rootKey = Buffer.from(root, 'hex').toString('latin1');
  const map = (entries: Record<string, BencodeInput>) => new Map(Object.entries(entries));
  const fileTree = (name: string, extra: Record<string, BencodeInput> = {}) =>
    map({ [name]: map({ '': map({ length: size, 'pieces root': Buffer.from(root, 'hex') }) }), ...extra });
  const v1Info = { length: size, name: 'a.pdf', 'piece length': 16_384, pieces: v1Pieces };
  const v2Info = { 'file tree': fileTree('a.pdf'), 'meta version': 2, name: 'a.pdf', 'piece length': 16_384 };
  const layers = { 'piece layers': map({ [rootKey]: pieceLayer }) };
  const torrentOf = (info: Record<string, BencodeInput>, top: Record<string, BencodeInput> = {}) =>
    bencode(map({ info: map(info), ...top }));
  const parse = (info: Record<string, BencodeInput>, top?: Record<string, BencodeInput>) => parseMetainfo(torrentOf(info, top));

  it('reads v1 alone, with keys that it does not know, and hashes the info as it came', () => {
    const metainfo = parse({ ...v1Info, private: 1, source: 'x' }, { announce: 'http://t' });
    expect(metainfo).toMatchObject({ name: 'a.pdf', size, trackers: [['http://t']], root: undefined, infoHashV2: undefined });
    expect(metainfo.infoHashV1).not.toBe(parse(v1Info).infoHashV1);
  });

  it('reads a v1 piece length that v2 would not allow', () => {
    expect(parse({ ...v1Info, 'piece length': 10_000, pieces: new Uint8Array(80) }).pieceLength).toBe(10_000);
  });

  it('reads v2 alone, and without its piece layer', () => {
    expect(parse(v2Info, layers)).toMatchObject({ root, size, infoHashV1: undefined, v1Pieces: undefined, pieceLayer });
    expect(parse(v2Info)).toMatchObject({ root, pieceLayer: undefined });
  });

  it('prefers the UTF-8 name and reads broken text with replacement characters', () => {
    expect(parse({ ...v1Info, 'name.utf-8': 'Ä.pdf' }).name).toBe('Ä.pdf');
    expect(parse({ ...v1Info, name: Buffer.from('F\xedsica.pdf', 'latin1') }).name).toBe('F\ufffdsica.pdf');
    expect(parse({ ...v1Info, name: '../../etc/passwd' }).name).toBe('../../etc/passwd');
  });

  it('reads the announce list before announce, and a web seed as string or list', () => {
    expect(parse(v1Info, { announce: 'http://x', 'announce-list': [['http://a', 5], [], ['http://b']] }).trackers).toEqual([
      ['http://a'],
      ['http://b'],
    ]);
    expect(parse(v1Info, { announce: 'http://x', 'announce-list': 7 }).trackers).toEqual([['http://x']]);
    expect(parse(v1Info, { 'url-list': 'http://w' }).webSeeds).toEqual(['http://w']);
    expect(parse(v1Info, { 'url-list': ['http://w', '', 3] }).webSeeds).toEqual(['http://w']);
  });

  const unusable: [what: string, info: Record<string, BencodeInput>, top?: Record<string, BencodeInput>][] = [
    ['an empty name', { ...v1Info, name: '' }],
    ['a name that is a number', { ...v1Info, name: 5 }],
    ['no piece length', { ...v1Info, 'piece length': 0 }],
    ['a negative length', { ...v1Info, length: -1 }],
    ['too few v1 hashes', { ...v1Info, pieces: v1Pieces.subarray(20) }],
    ['neither version', { name: 'a.pdf', 'piece length': 16_384 }],
    ['another meta version', { ...v2Info, 'meta version': 3 }],
    ['a v2 piece length that is no power of two', { ...v2Info, 'piece length': 20_000 }],
    ['no file tree', { ...v2Info, 'file tree': map({}) }],
    ['a short root', { ...v2Info, 'file tree': map({ 'a.pdf': map({ '': map({ length: size, 'pieces root': 'x' }) }) }) }],
    ['a layer of another document', v2Info, { 'piece layers': map({ [rootKey]: new Uint8Array(pieceLayer.length) }) }],
    ['two sizes', { ...v2Info, ...v1Info, length: size - 1 }],
  ];
  for (const [what, info, top] of unusable)
    it(`refuses a torrent with ${what}`, () => expect(codeOf(() => parse(info, top))).toBe('INVALID_TORRENT'));

  it.each([
    ['v1 files', { name: 'folder', 'piece length': 16_384, pieces: v1Pieces, files: [map({ length: size, path: ['a.pdf'] })] }],
    ['two v2 files', { ...v2Info, 'file tree': fileTree('a.pdf', { 'b.pdf': map({ '': map({ length: 0 }) }) }) }],
    ['a v2 folder', { ...v2Info, 'file tree': map({ 'a.pdf': fileTree('a.pdf') }) }],
    ['a v2 file in a folder of another name', { ...v2Info, name: 'folder' }],
  ])('refuses %s as not one document', (_what, info) => expect(() => parse(info)).toThrow(/one-document torrents only/));

  it.each(['', 'not a torrent', '%PDF-1.7', 'le', 'de', 'd4:info2:xxe'])('refuses %j', (text) =>
    expect(codeOf(() => parseMetainfo(Buffer.from(text)))).toBe('INVALID_TORRENT'),
  );

  it('answers any damage with INVALID_TORRENT or with hashes of the damaged info, never with anything else', () => {
    const sound = torrentOf({ ...v2Info, ...v1Info }, layers);
    fc.assert(
      fc.property(fc.nat(sound.length - 1), fc.integer({ min: 0, max: 255 }), fc.nat(3), (at, byte, cut) => {
        const damaged = sound.slice(0, cut === 0 ? at : undefined);
        if (cut > 0) damaged[at] = byte;
        try {
          const { infoHashV1: v1, infoHashV2: v2 } = parseMetainfo(damaged);
          if (v1) infoHashV1(v1);
          if (v2) infoHashV2(v2);
        } catch (error) {
          expect(isPageSwarmError(error) && error.code).toBe('INVALID_TORRENT');
        }
      }),
      { numRuns: 1000 },
    );
  });
});
