import { PDFiumLibrary } from '@hyzyla/pdfium';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { buildPageMap, decodePageMap, encodePageMap, generatePageView } from '@pageswarm/page-map';
import {
  Bitfield,
  type ByteSource,
  type IndexRange,
  indexesOf,
  MemoryByteSource,
  piecesOfBytes,
  SeededRandom,
} from '@pageswarm/primitives';
import fc from 'fast-check';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { readyPages } from '../downloads/download-view.ts';
import type { LocalDocument } from '../library/local-document.ts';

const PAGES = 24;
const PIECE = 16_384;
const NOT_HERE = new Error('This piece is not here');
let library: PDFiumLibrary;

beforeAll(async () => {
  library = await PDFiumLibrary.init();
});

/** Pages with a font for all, a drawing for every third, and a picture of their own each. */
async function manual(useObjectStreams: boolean): Promise<Uint8Array> {
  const random = new SeededRandom(7);
  const document = await PDFDocument.create({ updateMetadata: false });
  const font = await document.embedFont(StandardFonts.Helvetica);
  const drawing = await PDFDocument.create({ updateMetadata: false });
  drawing.addPage([100, 100]).drawText('a drawing that some share');
  const [shared] = await document.embedPdf(drawing, [0]);
  for (let number = 1; number <= PAGES; number++) {
    const page = document.addPage([400, 400]);
    page.drawText(`page ${number} of a manual`, { x: 20, y: 350, size: 12, font });
    if (shared && number % 3 === 0) page.drawPage(shared, { x: 100, y: 100 });
    const [width, height] = [100, 60 + 60 * (number % 4)];
    const pixels = Uint8Array.from({ length: width * height }, () => Math.floor(random.next() * 256));
    const picture = { Type: 'XObject', Subtype: 'Image', Width: width, Height: height, BitsPerComponent: 8, ColorSpace: 'DeviceGray' };
    page.node.newXObject('Picture', document.context.register(document.context.stream(pixels, picture)));
  }
  return document.save({ useObjectStreams });
}

async function textOf(pdf: Uint8Array, page: number): Promise<string> {
  const document = await library.loadDocument(pdf);
  try {
    return document.getPage(page).getText();
  } finally {
    document.destroy();
  }
}

/** Knows the pieces that are here, and fails for all others. */
const partial = (bytes: Uint8Array, have: Bitfield): ByteSource => ({
  size: bytes.length,
  read: async (offset, length) => {
    if (![...indexesOf([piecesOfBytes(offset, length, PIECE)])].every((piece) => have.has(piece))) throw NOT_HERE;
    return bytes.subarray(offset, offset + length);
  },
});

describe.each([
  ['a table', false],
  ['object streams', true],
])('pages of a PDF with %s that are fetched in any order', (_, useObjectStreams) => {
  it('can be read exactly when they are reported as ready, with the text that they have in the whole document', async () => {
    const bytes = await manual(useObjectStreams);
    const texts: string[] = [];
    for (let page = 0; page < PAGES; page++) texts.push(await textOf(bytes, page));
    expect(new Set(texts).size).toBe(PAGES);
    const built = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
    // As whoever downloads the document has it: from another host, decoded and checked.
    const pageMap = decodePageMap(encodePageMap(built), { size: bytes.length, pieceLength: PIECE });
    expect([pageMap.mapped, pageMap.pageCount]).toEqual([true, PAGES]);
    const pieces = Math.ceil(bytes.length / PIECE);
    let [read, refused] = [0, 0];

    const tryPage = async (have: Bitfield, page: number): Promise<void> => {
      const isReported = readyPages({ have, pageMap } as LocalDocument).includes(page + 1);
      const view = await generatePageView(partial(bytes, have), page, { map: pageMap }).catch((error: unknown) => {
        if (error !== NOT_HERE) throw error;
        return undefined;
      });
      expect([page, view !== undefined]).toEqual([page, isReported]);
      if (view) expect(await textOf(view, 0)).toBe(texts[page]);
      if (view) read++;
      else refused++;
    };

    const anyPages = fc.shuffledSubarray(
      Array.from({ length: PAGES }, (_, page) => page),
      { minLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(anyPages, fc.infiniteStream(fc.nat()), async (pages, picks) => {
        const have = new Bitfield(pieces);
        const next = (below: number): number => (picks.next().value as number) % below;
        for (const page of pages) {
          const missing = [...indexesOf([...pageMap.structure, ...(pageMap.closures[page] as IndexRange[])])].filter(
            (piece) => !have.has(piece),
          );
          while (missing.length > 0) {
            have.set(missing.splice(next(missing.length), 1)[0] as number);
            if (missing.length < 3) await tryPage(have, page);
          }
          await tryPage(have, next(PAGES));
        }
      }),
      { numRuns: 4 },
    );
    expect(Math.min(read, refused)).toBeGreaterThan(3);
  });
});
