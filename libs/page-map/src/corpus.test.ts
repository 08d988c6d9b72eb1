import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PDFiumLibrary } from '@hyzyla/pdfium';
import { describe, expect, it } from '@jest/globals';
import { choosePieceLength, MemoryByteSource } from '@pageswarm/primitives';
import { buildPageMap, decodePageMap, encodePageMap, generatePageView, type PageMap } from './index.ts';
import { PartialSource } from './testing-source.ts';

const folder = process.env['PAGESWARM_CORPUS'] ?? join(import.meta.dirname, '../../../../shared/corpus');
const manifest = join(folder, 'MANIFEST.tsv');
const exists = existsSync(manifest);
const isEverything = process.env['PAGESWARM_CORPUS_ALL'] === '1';
/** Every third file, so that each kind is met and the test stays short; PAGESWARM_CORPUS_ALL=1 takes all. */
const STEP = isEverything ? 1 : 3;
/** Renders of this width are compared, in pixels. */
const WIDTH = 150;

interface CorpusFile {
  readonly file: string;
  readonly bytes: Buffer;
  /** As poppler counts them; undefined where poppler cannot read the file. */
  readonly pages: number | undefined;
}

function corpus(): CorpusFile[] {
  const [, ...rows] = readFileSync(manifest, 'utf8').trim().split('\n');
  return rows
    .filter((_, index) => index % STEP === 0)
    .map((row) => {
      const [file = '', , , pages] = row.split('\t');
      return { file, bytes: readFileSync(join(folder, file)), pages: pages ? Number(pages) : undefined };
    });
}

/** Cuts the document into one stream for each owner and puts it together again by the map alone. */
function reassembled(bytes: Uint8Array, map: PageMap): Uint8Array {
  const streams = new Map<number, Uint8Array[]>();
  let at = 0;
  for (const [length, owner] of map.runs) {
    streams.set(owner, [...(streams.get(owner) ?? []), bytes.subarray(at, at + length)]);
    at += length;
  }
  const next = new Map<number, number>();
  return Buffer.concat(
    map.runs.map(([, owner]) => {
      const index = next.get(owner) ?? 0;
      next.set(owner, index + 1);
      return streams.get(owner)?.[index] ?? new Uint8Array(0);
    }),
  );
}

const mapOf = (bytes: Uint8Array): Promise<PageMap> =>
  buildPageMap(new MemoryByteSource(bytes), { pieceLength: choosePieceLength(bytes.length) });

(exists ? describe : describe.skip)(`the corpus${exists ? '' : ' (skipped: there is no corpus folder beside the checkout)'}`, () => {
  it('is mapped as poppler counts it, totally, and small', async () => {
    const linear: string[] = [];
    const shares: number[] = [];
    for (const { file, bytes, pages } of corpus()) {
      const map = await mapOf(bytes);
      expect([file, Buffer.compare(reassembled(bytes, map), bytes)]).toEqual([file, 0]);
      expect([file, pages ?? map.pageCount]).toEqual([file, map.pageCount]);
      const encoded = encodePageMap(map);
      expect(decodePageMap(encoded, map)).toEqual(map);
      if (!map.mapped && pages !== undefined) linear.push(`${file}: ${map.reason}`);
      if (bytes.length > 100_000) shares.push((100 * encoded.length) / bytes.length);
    }
    shares.sort((a, b) => a - b);
    expect(linear).toEqual([]);
    expect(shares[shares.length >> 1]).toBeLessThan(0.2);
  }, 120_000);

  it('has page views with the text and pixels of the page, made from the pieces of its closure alone', async () => {
    const library = await PDFiumLibrary.init();
    const look = async (bytes: Uint8Array, page: number): Promise<{ text: string; pixels: string; pages: number }> => {
      const document = await library.loadDocument(bytes);
      try {
        const first = document.getPage(page);
        const text = first.getText();
        const { originalWidth } = first.getOriginalSize();
        // The library never closes the page whose text was read, and the memory of it is never given back.
        (first as unknown as { module: { _FPDF_ClosePage(index: number): void }; pageIdx: number }).module._FPDF_ClosePage(
          (first as unknown as { pageIdx: number }).pageIdx,
        );
        const isDrawable = originalWidth > 10 && originalWidth < 5_000;
        const { data } = isDrawable
          ? await document.getPage(page).render({ scale: WIDTH / originalWidth, render: 'bitmap' })
          : { data: '' };
        return { text, pixels: Buffer.from(data).toString('base64'), pages: document.getPageCount() };
      } finally {
        document.destroy();
      }
    };
    let compared = 0;
    try {
      for (const { file, bytes } of corpus()) {
        const map = await mapOf(bytes);
        if (!map.mapped) continue;
        for (const page of new Set([0, map.pageCount >> 1, map.pageCount - 1])) {
          const whole = await look(bytes, page).catch(() => undefined);
          const bytesOfView = await generatePageView(PartialSource.ofPage(bytes, map, page), page, { map });
          if (!whole) continue;
          const view = await look(bytesOfView, 0);
          expect([file, page, view.pages, view.text]).toEqual([file, page, 1, whole.text]);
          expect([file, page, view.pixels === whole.pixels]).toEqual([file, page, true]);
          compared++;
        }
      }
    } finally {
      library.destroy();
    }
    expect(compared).toBeGreaterThan(50);
  }, 300_000);
});
