import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { SeededRandom } from '@pageswarm/primitives';
import { PDFDocument } from 'pdf-lib';
import { measurementTable, median } from './bench.ts';
import { writeBigDocument } from './big-document.ts';
import { commonQueryFor, QUERY_CLASSES, queryFor, sampleNames } from './sample-names.ts';

describe('benchmarks', () => {
  it('take the middle of their runs', () => {
    expect(median([5, 1, 9])).toBe(5);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  it('print the middle beside every run', () => {
    expect(measurementTable([{ what: 'copy', unit: 'MB/s', runs: [10, 30, 20] }])).toMatch(/copy +20\.0 +MB\/s +10\.0 30\.0 20\.0/);
  });

  it('print what is asked, and whether it is met', () => {
    const table = measurementTable([
      { what: 'fast', unit: 'x', runs: [1.06], asked: { atMost: 1.1 } },
      { what: 'slow', unit: '%', runs: [84.9], asked: { atLeast: 85 } },
      { what: 'free', unit: 's', runs: [1] },
    ]);
    expect(table).toMatch(/fast +1\.06 +x +<= 1\.10 met /);
    expect(table).toMatch(/slow +84\.9 +% +>= 85\.0 MISSED /);
    expect(table).toMatch(/free +1\.00 +s +1\.00/);
  });

  it('search for names that are the same each time, spoiled in one way', () => {
    const [name = ''] = sampleNames(2);
    expect(sampleNames(1)).toEqual([name]);
    const queries = QUERY_CLASSES.map((kind) => queryFor('réção_dibra 7.pdf', kind, new SeededRandom(1)));
    expect(queries).toEqual([
      'réção dibra 7',
      '7 réç',
      expect.stringMatching(/^7 .{4,6}$/),
      '7 éçã',
      'recao dibra 7',
      expect.stringMatching(/^(réção|dibra|7)( (?!\1)(réção|dibra|7)){2}$/),
      expect.stringMatching(/^7 [réção]{5}$/),
      'RÉÇÃO-DIBRA-7',
    ]);
    for (const kind of QUERY_CLASSES) expect(commonQueryFor('réção_dibra 7.pdf', kind, new SeededRandom(1))).not.toContain('7');
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
