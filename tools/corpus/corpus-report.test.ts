import { describe, expect, it } from '@jest/globals';
import { resultLine, summaryTable } from './corpus-report.ts';
import { type CorpusResult, comparePages } from './corpus-run.ts';
import { summarize } from './corpus-summary.ts';
import type { ViewVerdict } from './page-views.ts';

const file = { file: 'a.pdf', path: '/a.pdf', bytes: 200_000, md5: 'm', pages: 3 };
const views: ViewVerdict = { equal: 3, text: [], pixels: [], refused: [], complaints: [], unreadable: 0, together: 'equal' };
const map = { encrypted: false, rebuilt: false, percent: 0.1 };
const document = { mapped: true } as CorpusResult['document'];
const whole: CorpusResult = {
  file,
  outcome: { kind: 'accepted' },
  md5Equal: true,
  pages: 'equal',
  wireBytes: 200_000,
  hosts: 2,
  document,
  map,
  views,
  elapsedMs: 120,
};

describe('report of a corpus run', () => {
  it('holds when everything accepted arrived whole', () => {
    const refused: CorpusResult = { file, outcome: { kind: 'refused', code: 'NOT_A_PDF' } };
    const summary = summarize([whole, refused, { ...whole }]);
    expect(summary).toMatchObject({
      accepted: 2,
      md5Equal: 2,
      failed: 0,
      counted: { byPoppler: 2, mappedAlike: 2 },
      mapPercent: 0.1,
      views: { equal: 6, 'text different': 0, 'together equal': 2 },
      elapsedMs: { median: 120, longest: 120 },
      fileBytes: 400_000,
      wireBytes: 400_000,
      faults: [],
    });
    expect(summaryTable(summary)).toContain('refused: NOT_A_PDF');
  });

  it.each([
    ['files failed', { ...whole, outcome: { kind: 'failed', why: 'lost' } }],
    ['bytes are not those of the file', { ...whole, md5Equal: false }],
    ['page counts differ', { ...whole, pages: 'different' }],
    ['less than 99.5 % are mapped as poppler counts', { ...whole, document: { mapped: false } as CorpusResult['document'] }],
    ['the median page map takes more than 0.2 %', { ...whole, map: { ...map, percent: 0.21 } }],
    ['page views have other text', { ...whole, views: { ...views, text: [2] } }],
    ['page views have other pixels', { ...whole, views: { ...views, pixels: [2] } }],
    ['readable pages are not shown', { ...whole, views: { ...views, refused: [{ page: 2, what: 'PDF_UNREADABLE' }] } }],
    ['qpdf or poppler complain about page views', { ...whole, views: { ...views, complaints: [{ page: 2, what: 'qpdf: no' }] } }],
    ['pages look different together', { ...whole, views: { ...views, together: 'text of page 2' } }],
    ['bytes came twice', { ...whole, wireBytes: 204_100 }],
  ] as [string, CorpusResult][])('does not hold when %s', (fault, result) => {
    expect(summarize([result]).faults).toContain(fault);
  });

  it('counts views of encrypted documents by themselves', () => {
    const locked = { ...whole, map: { ...map, encrypted: true }, views: { ...views, equal: 1, text: [2] } };
    const { encrypted } = summarize([whole, locked]);
    expect(encrypted).toMatchObject({ documents: 1, views: { equal: 1, 'text different': 1 } });
  });

  it('tells on a line what became of a file', () => {
    expect(resultLine({ file, outcome: { kind: 'refused', code: 'EMPTY_FILE' } })).toMatch(/^a\.pdf +refused: EMPTY_FILE$/);
    const refused = { ...whole, views: { ...views, refused: [{ page: 2, what: 'PDF_CRASH' }] } };
    expect(resultLine(refused)).toMatch(/3 views equal, view REFUSED: page 2 PDF_CRASH, together too, 120 ms$/);
    expect(resultLine({ ...whole, md5Equal: false })).toContain('md5 DIFFERENT, 3 pages, 2 hosts');
  });

  it('compares pages only where both could read them', () => {
    expect([comparePages(3, 3), comparePages(2, 3), comparePages(null, 3), comparePages(3, undefined), comparePages(3, null)]).toEqual([
      'equal',
      'different',
      'unreadable here',
      'unreadable to poppler',
      'not compared',
    ]);
  });
});
