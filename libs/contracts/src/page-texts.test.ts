import { describe, expect, it } from '@jest/globals';
import { MemoryByteSource } from '@pageswarm/primitives';
import fc from 'fast-check';
import { MAX_PAGE_TEXT_BYTES, PageTextsReader, PageTextsWriter, TEXT_BLOCK_BYTES } from './page-texts.ts';

function encoded(texts: readonly string[], limits?: { maxPageBytes: number; maxDocumentBytes: number }): Uint8Array {
  const writer = new PageTextsWriter(limits);
  for (const text of texts) writer.add(text);
  return writer.finish();
}

async function decoded(bytes: Uint8Array): Promise<string[]> {
  const reader = await PageTextsReader.open(new MemoryByteSource(bytes));
  return Promise.all(Array.from({ length: reader.pages }, (_, index) => reader.text(index + 1)));
}

describe('the texts of the pages of a document', () => {
  it('come out as they went in', async () => {
    const page = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 200, size: 'max' }),
      fc.constant(''),
      fc.tuple(fc.string({ minLength: 1, maxLength: 3 }), fc.constantFrom(20_000, 60_000)).map(([text, times]) => text.repeat(times)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(page, { maxLength: 12, size: 'max' }), async (texts) => {
        const wellFormed = texts.map((text) => text.toWellFormed());
        expect(await decoded(encoded(wellFormed))).toEqual(wellFormed);
      }),
      { numRuns: 50 },
    );
  });

  it('are read one page at a time: the index and one block', async () => {
    const texts = Array.from({ length: 100 }, (_, page) => `${page} `.repeat(TEXT_BLOCK_BYTES / 8));
    const memory = new MemoryByteSource(encoded(texts));
    let reads = 0;
    const read = (offset: number, length: number) => {
      reads++;
      return memory.read(offset, length);
    };
    const reader = await PageTextsReader.open({ size: memory.size, read });
    reads = 0;
    expect(await reader.text(57)).toBe(texts[56]);
    expect(reads).toBe(1);
    await expect(reader.text(101)).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
    await expect(reader.text(0)).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
  });

  it('are cut at the limits of a page and of a document, between characters', async () => {
    const limits = { maxPageBytes: 5, maxDocumentBytes: 9 };
    expect(await decoded(encoded(['ab', 'abcé', 'ééé', 'x', 'y'], limits))).toEqual(['ab', 'abcé', 'é', '', '']);
    expect(await decoded(encoded(['a'.repeat(MAX_PAGE_TEXT_BYTES + 1)]))).toEqual(['a'.repeat(MAX_PAGE_TEXT_BYTES)]);
  });

  it('are refused when they are damaged, and never with another error', async () => {
    const good = encoded(['one', 'two words', 'three '.repeat(50_000)]);
    const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(damage, fc.nat(good.length), async (places, cut) => {
        const bytes = Buffer.from(good.subarray(0, cut));
        for (const [at, value] of places) if (at < cut) bytes[at] = value;
        const read = await decoded(bytes).then(
          () => undefined,
          (error) => error.code,
        );
        expect(['INVALID_REQUEST', undefined]).toContain(read);
      }),
    );
    for (const bytes of [new Uint8Array(0), good.subarray(0, 4), good.subarray(0, -1), Buffer.concat([good, Buffer.from('x')])])
      await expect(decoded(bytes)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });
});
