import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '@pageswarm/primitives';
import { PDFDocument } from 'pdf-lib';
import { measurementTable, median } from './bench.ts';
import { writeBigDocument } from './big-document.ts';
import { QUERY_CLASSES, queryFor, sampleNames } from './sample-names.ts';

describe('benchmarks', () => {
  it('take the middle of their runs', () => {
    expect(median([5, 1, 9])).toBe(5);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('print the middle beside every run', () => {
    expect(measurementTable([{ what: 'copy', unit: 'MB/s', runs: [10, 30, 20] }])).toMatch(/copy +20\.0 +MB\/s +10\.0 30\.0 20\.0/);
  });

  it('search for names that are the same each time, spoiled in one way', () => {
    const [name = ''] = sampleNames(2);
    expect(sampleNames(1)).toEqual([name]);
    const queries = QUERY_CLASSES.map((kind) => queryFor('réção_dibra 7.pdf', kind, new SeededRandom(1)));
    expect(queries).toEqual(['réção dibra 7', '7 réç', expect.stringMatching(/^7 (?=.*y)[réçãoy]{5}$/), '7 éçã', 'recao dibra 7']);
  });

  it('measure with a document that PDF libraries read', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pageswarm-bench-'));
    const path = join(folder, 'big.pdf');
    await writeBigDocument(path, 2);
    const bytes = readFileSync(path);
    rmSync(folder, { recursive: true });
    expect(bytes.length).toBeGreaterThan(2 * 2 ** 20);
    expect((await PDFDocument.load(bytes, { updateMetadata: false })).getPageCount()).toBe(2);
  });
});
