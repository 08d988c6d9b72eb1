import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type DocumentLayout, type InspectionHead, PageTextsReader } from '@pageswarm/contracts';
import { MemoryByteSource } from '@pageswarm/primitives';
import { WorkerStage } from './pdf-worker-stage.ts';

const FOLDER = resolve(process.env['PAGESWARM_CORPUS'] ?? join('..', 'shared', 'corpus'));
const MANIFEST = join(FOLDER, 'MANIFEST.tsv');
/** Larger files are left to the long run over the whole corpus. */
const MAX_FILE_BYTES = 1_000_000;

interface Entry {
  readonly file: string;
  readonly bytes: number;
  /** By poppler; undefined where it cannot read the file. */
  readonly pages: number | undefined;
  /** Words of each page by pdftotext, when listed. */
  readonly words: readonly number[] | undefined;
}

function readManifest(): Entry[] {
  const lines = readFileSync(MANIFEST, 'utf8').trim().split('\n').slice(1);
  return lines.map((line) => {
    const [file = '', bytes, , pages, , words = ''] = line.split('\t');
    return {
      file,
      bytes: Number(bytes),
      pages: pages ? Number(pages) : undefined,
      words: /^\d+( \d+)*$/.test(words.trim()) ? words.trim().split(' ').map(Number) : undefined,
    };
  });
}

const there = existsSync(MANIFEST);

(there ? describe : describe.skip)(`a pdf-worker over real PDFs${there ? '' : ' (skipped: no corpus folder beside the checkout)'}`, () => {
  const stage = new WorkerStage();
  const entries = there ? readManifest().filter(({ bytes }) => bytes <= MAX_FILE_BYTES) : [];
  const found = new Map<Entry, InspectionHead>();
  const beside = new Map<Entry, { readonly layout: DocumentLayout; readonly texts: Uint8Array }>();

  beforeAll(async () => {
    await stage.start();
    const waiting = entries.values();
    const work = async () => {
      for (const entry of waiting) {
        const { head, layout, texts } = await stage.inspect(stage.peer.add(readFileSync(join(FOLDER, entry.file))));
        found.set(entry, head);
        beside.set(entry, { layout, texts });
      }
    };
    await Promise.all([work(), work()]);
  }, 120_000);
  afterAll(() => stage.close());

  it('finds the pages that poppler finds in every file that both can read', () => {
    const both = entries.filter((entry) => entry.pages !== undefined && found.get(entry)?.words);
    const different = both.filter((entry) => found.get(entry)?.pages !== entry.pages);
    expect(different.map((entry) => `${entry.file}: ${entry.pages}, here ${found.get(entry)?.pages}`)).toEqual([]);
    expect(both.length).toBeGreaterThanOrEqual(entries.filter(({ pages }) => pages !== undefined).length * 0.99);
  });

  it('maps what it can read', () => {
    const readable = entries.filter((entry) => found.get(entry)?.words);
    const mapped = readable.filter((entry) => found.get(entry)?.mapped);
    expect(mapped.length / readable.length).toBeGreaterThanOrEqual(0.99);
  });

  it('counts the words of a page as pdftotext does: median difference 0 %, 90th percentile at most 4 %', () => {
    const differences = entries
      .flatMap((entry) => {
        const here = found.get(entry)?.words;
        const pairs =
          here?.length === entry.words?.length ? (entry.words ?? []).map((words, page) => [words, here?.[page] ?? 0] as const) : [];
        return pairs.filter((pair) => Math.max(...pair) >= 5).map(([a, b]) => Math.abs(a - b) / Math.max(a, b));
      })
      .sort((a, b) => a - b);
    expect(differences.length).toBeGreaterThan(100);
    expect(differences[Math.floor(differences.length / 2)]).toBe(0);
    expect(differences[Math.floor(differences.length * 0.9)]).toBeLessThanOrEqual(0.04);
  });

  it('keeps the size of every page, and a text of as many words as were counted', async () => {
    for (const [entry, { words }] of found) {
      const { layout, texts } = beside.get(entry) as { layout: DocumentLayout; texts: Uint8Array };
      if (!words) continue;
      expect([entry.file, layout.pageSizes?.reduce((sum, { pages }) => sum + pages, 0)]).toEqual([entry.file, words.length]);
      const reader = await PageTextsReader.open(new MemoryByteSource(texts));
      const first = (await reader.text(1)).split(/\s+/).filter(Boolean).length;
      expect([entry.file, reader.pages, first]).toEqual([entry.file, words.length, words[0]]);
    }
  });

  it('finds outlines and page labels where a document has them, and only pages that it has', () => {
    const layouts = [...beside].map(([entry, { layout }]) => ({ pages: found.get(entry)?.pages ?? 0, ...layout }));
    const outlined = layouts.filter(({ outline }) => outline);
    expect(outlined.length).toBeGreaterThan(5);
    for (const { outline, pages } of outlined) for (const { page } of outline ?? []) expect(page ?? 1).toBeLessThanOrEqual(pages);
    for (const { pageLabels, pages } of layouts) expect(pageLabels?.length ?? pages).toBe(pages);
    expect(layouts.filter(({ pageLabels }) => pageLabels).length).toBeGreaterThan(3);
  });

  it('says why of every file that it cannot read', () => {
    const unread = [...found].filter(([, { words }]) => words === null);
    for (const [{ file }, { error }] of unread) expect({ file, code: error?.code }).toMatchObject({ code: expect.stringMatching(/^PDF_/) });
  });
});
