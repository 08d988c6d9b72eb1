import { beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_OUTLINE_DEPTH, MAX_OUTLINE_ENTRIES, MAX_OUTLINE_TITLE_LENGTH, MAX_PAGE_LABEL_LENGTH } from '@pageswarm/contracts';
import { PDFDocument, PDFHexString, PDFName, PDFNumber, type PDFRef, PDFString } from 'pdf-lib';
import { readPageLabels } from '../inspect/page-labels.ts';
import { MemoryBlocks } from './memory-blocks.ts';
import { PdfiumLibrary } from './pdfium-library.ts';

type Entry = Readonly<Record<string, PDFRef | PDFHexString | PDFString | PDFNumber>>;

/** A document of two pages with an outline. @param entriesOf makes the objects of the entries; the first is the first of all */
async function outlined(entriesOf: (refs: readonly PDFRef[]) => Entry[], count: number): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  for (let page = 0; page < 2; page++) document.addPage([100, 100]);
  const { context } = document;
  const refs = Array.from({ length: count }, () => context.nextRef());
  for (const [index, entry] of entriesOf(refs).entries()) context.assign(refs[index] as PDFRef, context.obj(entry));
  document.catalog.set(PDFName.of('Outlines'), context.obj({ First: refs[0] as PDFRef, Last: refs[0] as PDFRef }));
  return document.save({ useObjectStreams: false });
}

const titled = (title: string, more: Entry = {}): Entry => ({ Title: PDFHexString.fromText(title), ...more });

describe('the outline of a document', () => {
  let library: PdfiumLibrary;
  beforeAll(async () => {
    library = await PdfiumLibrary.load(512 * 1_048_576);
  });

  const outlineOf = (bytes: Uint8Array) => {
    const document = library.open(new MemoryBlocks(bytes));
    let steps = 0;
    const outline = document.outline(() => steps++);
    document.close();
    expect(steps).toBe(outline?.length ?? 0);
    return outline;
  };

  it('is read once round where it goes in circles', async () => {
    const bytes = await outlined(([a, b, c]) => {
      const [first, second, third] = [a, b, c] as [PDFRef, PDFRef, PDFRef];
      return [titled('A', { First: second, Next: third }), titled('B', { First: first, Next: second }), titled('C', { Next: first })];
    }, 3);
    expect(outlineOf(bytes)?.map(({ level, title }) => `${level} ${title}`)).toEqual(['1 A', '2 B', '1 C']);
  });

  it('ends at the most entries', async () => {
    const count = MAX_OUTLINE_ENTRIES + 10;
    const bytes = await outlined(
      (refs) => refs.map((_, index) => titled(`${index}`, refs[index + 1] ? { Next: refs[index + 1] as PDFRef } : {})),
      count,
    );
    const outline = outlineOf(bytes);
    expect(outline?.length).toBe(MAX_OUTLINE_ENTRIES);
    expect(outline?.at(-1)?.title).toBe(String(MAX_OUTLINE_ENTRIES - 1));
  });

  it('is shown down to the deepest level and goes on after it', async () => {
    const depth = MAX_OUTLINE_DEPTH + 3;
    const bytes = await outlined((refs) => {
      const chain = refs
        .slice(0, depth)
        .map((_, index) => titled(`${index + 1}`, index + 1 < depth ? { First: refs[index + 1] as PDFRef } : {}));
      return [{ ...(chain[0] as Entry), Next: refs[depth] as PDFRef }, ...chain.slice(1), titled('after')];
    }, depth + 1);
    const levels = outlineOf(bytes)?.map(({ level }) => level);
    expect(levels).toEqual([...Array.from({ length: MAX_OUTLINE_DEPTH }, (_, index) => index + 1), 1]);
  });

  it('has titles of a bounded length, and no page where it leads to none', async () => {
    const bytes = await outlined(
      ([a, b]) => [titled('x'.repeat(MAX_OUTLINE_TITLE_LENGTH + 1), { Next: b as PDFRef }), titled('no page', { Dest: a as PDFRef })],
      2,
    );
    const outline = outlineOf(bytes);
    expect(outline?.map(({ title }) => title.length)).toEqual([MAX_OUTLINE_TITLE_LENGTH, 7]);
    expect(outline?.map(({ page }) => page)).toEqual([null, null]);
  });

  it('is none where there is none', async () => {
    const document = await PDFDocument.create();
    document.addPage();
    expect(outlineOf(await document.save())).toBeNull();
  });

  it.each([
    [
      'with a long prefix, cut',
      `(${'p'.repeat(MAX_PAGE_LABEL_LENGTH + 1)})`,
      ['p'.repeat(MAX_PAGE_LABEL_LENGTH), 'p'.repeat(MAX_PAGE_LABEL_LENGTH)],
    ],
    ['that only count: none', '', null],
  ])('has page labels %s', async (_name, prefix, expected) => {
    const document = await PDFDocument.create();
    for (let page = 0; page < 2; page++) document.addPage([100, 100]);
    const style = prefix ? { P: PDFString.of(prefix.slice(1, -1)) } : { S: PDFName.of('D') };
    document.catalog.set(PDFName.of('PageLabels'), document.context.obj({ Nums: [PDFNumber.of(0), style] }));
    const opened = library.open(new MemoryBlocks(await document.save()));
    expect(readPageLabels(opened, 2, () => undefined)).toEqual(expected);
    opened.close();
  });
});
