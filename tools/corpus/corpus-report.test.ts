import { describe, expect, it } from '@jest/globals';
import { resultLine, summarize, summaryTable } from './corpus-report.ts';
import { type CorpusResult, comparePages } from './corpus-run.ts';

const file = { file: 'a.pdf', path: '/a.pdf', bytes: 100, md5: 'm', pages: 3 };
const views = { equal: 3, different: [], refused: [], unreadable: 0 };
const whole: CorpusResult = {
  file,
  outcome: { kind: 'accepted' },
  md5Equal: true,
  pages: 'equal',
  wireBytes: 100,
  hosts: 2,
  views,
  elapsedMs: 120,
};

describe('report of a corpus run', () => {
  it('holds when everything accepted arrived whole', () => {
    const refused: CorpusResult = { file, outcome: { kind: 'refused', code: 'NOT_A_PDF' } };
    const summary = summarize([whole, refused, { ...whole, pages: 'unreadable here' }]);
    expect(summary).toMatchObject({
      accepted: 2,
      md5Equal: 2,
      failed: 0,
      views: { equal: 6, different: 0 },
      elapsedMs: { median: 120, longest: 120 },
      fileBytes: 200,
      wireBytes: 200,
      holds: true,
    });
    expect(summaryTable(summary)).toContain('refused: NOT_A_PDF');
  });

  it.each([
    ['a file failed', { ...whole, outcome: { kind: 'failed', why: 'lost' } }],
    ['an md5 differs', { ...whole, md5Equal: false }],
    ['a page count differs', { ...whole, pages: 'different' }],
    ['a page view has other text', { ...whole, views: { ...views, different: [2] } }],
    ['a readable page is not shown', { ...whole, views: { ...views, refused: [{ page: 2, code: 'PDF_UNREADABLE' }] } }],
    ['bytes came twice', { ...whole, wireBytes: 103 }],
  ] as [string, CorpusResult][])('does not hold when %s', (_, result) => {
    expect(summarize([result]).holds).toBe(false);
  });

  it('tells on a line what became of a file', () => {
    expect(resultLine({ file, outcome: { kind: 'refused', code: 'EMPTY_FILE' } })).toMatch(/^a\.pdf +refused: EMPTY_FILE$/);
    const refused = { ...whole, views: { ...views, refused: [{ page: 2, code: 'PDF_CRASH' }] } };
    expect(resultLine(refused)).toMatch(/3 views equal, view REFUSED: page 2 PDF_CRASH, 120 ms$/);
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
