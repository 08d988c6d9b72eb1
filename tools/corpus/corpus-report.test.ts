import { describe, expect, it } from '@jest/globals';
import { resultLine, summarize, summaryTable } from './corpus-report.ts';
import { type CorpusResult, comparePages } from './corpus-run.ts';

const file = { file: 'a.pdf', path: '/a.pdf', bytes: 100, md5: 'm', pages: 3 };
const whole: CorpusResult = { file, outcome: { kind: 'accepted' }, md5Equal: true, pages: 'equal', wireBytes: 100, hosts: 2 };

describe('report of a corpus run', () => {
  it('holds when everything accepted arrived whole', () => {
    const refused: CorpusResult = { file, outcome: { kind: 'refused', code: 'NOT_A_PDF' } };
    const summary = summarize([whole, refused, { ...whole, pages: 'unreadable here' }]);
    expect(summary).toMatchObject({ accepted: 2, md5Equal: 2, failed: 0, fileBytes: 200, wireBytes: 200, holds: true });
    expect(summaryTable(summary)).toContain('refused: NOT_A_PDF');
  });

  it.each([
    ['a file failed', { ...whole, outcome: { kind: 'failed', why: 'lost' } }],
    ['an md5 differs', { ...whole, md5Equal: false }],
    ['a page count differs', { ...whole, pages: 'different' }],
    ['bytes came twice', { ...whole, wireBytes: 103 }],
  ] as [string, CorpusResult][])('does not hold when %s', (_, result) => {
    expect(summarize([result]).holds).toBe(false);
  });

  it('tells on a line what became of a file', () => {
    expect(resultLine({ file, outcome: { kind: 'refused', code: 'EMPTY_FILE' } })).toMatch(/^a\.pdf +refused: EMPTY_FILE$/);
    expect(resultLine({ ...whole, md5Equal: false })).toContain('md5 DIFFERENT, 3 pages, 2 hosts');
  });

  it('compares pages only where both could read them', () => {
    expect([comparePages(3, 3), comparePages(2, 3), comparePages(null, 3), comparePages(3, undefined)]).toEqual([
      'equal',
      'different',
      'unreadable here',
      'unreadable to poppler',
    ]);
  });
});
