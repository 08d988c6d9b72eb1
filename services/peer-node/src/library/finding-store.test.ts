import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeLayout, MAX_ENCODED_TEXTS_BYTES, PageTextsWriter, UNKNOWN_LAYOUT } from '@pageswarm/contracts';
import { documentId } from '@pageswarm/primitives';
import { TemporaryFolders } from '@pageswarm/testing';
import { FindingStore, MAX_ENCODED_LAYOUT_BYTES } from './finding-store.ts';

const id = documentId('ab'.repeat(32));
const layout = encodeLayout({ ...UNKNOWN_LAYOUT, pageLabels: ['i', '1'] });
const writer = new PageTextsWriter();
for (const text of ['the first page', 'the second page']) writer.add(text);
const texts = writer.finish();

describe('what is kept of the pages of a document', () => {
  const folders = new TemporaryFolders();
  let store: FindingStore;
  let records: string;

  beforeAll(async () => {
    const folder = await folders.make('findings');
    records = join(folder, 'records');
    await mkdir(records);
    store = new FindingStore(folder);
  });
  afterAll(() => folders.remove());

  it.each([
    ['a layout larger than is kept', { layout: new Uint8Array(MAX_ENCODED_LAYOUT_BYTES + 1), texts }, 'LIMIT_EXCEEDED'],
    ['a layout of just that size that is none', { layout: new Uint8Array(MAX_ENCODED_LAYOUT_BYTES), texts }, 'INVALID_REQUEST'],
    ['texts larger than are kept', { layout, texts: new Uint8Array(MAX_ENCODED_TEXTS_BYTES + 1) }, 'LIMIT_EXCEEDED'],
    ['texts of just that size that are none', { layout, texts: new Uint8Array(MAX_ENCODED_TEXTS_BYTES) }, 'INVALID_REQUEST'],
  ])('is never %s', async (_, findings, code) => {
    await expect(store.save(id, findings)).rejects.toMatchObject({ code });
    expect(await readdir(records)).toEqual([]);
  });

  it('is there as it was saved, page by page too, until it is removed', async () => {
    expect([await store.has(id), await store.load(id), await store.pageText(id, 1)]).toEqual([false, undefined, undefined]);
    await store.save(id, { layout, texts });
    expect(await store.has(id)).toBe(true);
    expect(await store.load(id)).toEqual({ layout: Buffer.from(layout), texts: Buffer.from(texts) });
    expect((await store.layout(id)).pageLabels).toEqual(['i', '1']);
    expect(await store.pageText(id, 2)).toBe('the second page');
    await expect(store.pageText(id, 3)).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
    await writeFile(join(records, `${id}.layout`), 'damaged');
    expect(await store.layout(id)).toEqual(UNKNOWN_LAYOUT);
    await store.remove(id);
    expect(await readdir(records)).toEqual([]);
  });
});
