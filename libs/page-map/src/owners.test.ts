import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_JOINED_GAP_BYTES, type OwnedSpan, REST, runsOfSpans, STRUCTURE } from './owners.ts';

describe('runs of overlapping spans', () => {
  it('let structure win, then the lowest page', () => {
    const spans: OwnedSpan[] = [
      { start: 0, end: 100, owner: 3 },
      { start: 20, end: 60, owner: 1 },
      { start: 40, end: 50, owner: STRUCTURE },
      { start: 90, end: 120, owner: 5 },
    ];
    expect(runsOfSpans(spans, 120)).toEqual([
      [20, 3],
      [20, 1],
      [10, STRUCTURE],
      [10, 1],
      [40, 3],
      [20, 5],
    ]);
  });

  it('join small gaps to what stands before them and leave large ones to the rest', () => {
    const spans = [
      { start: 0, end: 10, owner: 0 },
      { start: 10 + MAX_JOINED_GAP_BYTES, end: 100, owner: 1 },
    ];
    expect(runsOfSpans(spans, 101 + MAX_JOINED_GAP_BYTES)).toEqual([
      [74, 0],
      [26, 1],
      [65, REST],
    ]);
    expect(runsOfSpans([], 10)).toEqual([[10, REST]]);
    expect(runsOfSpans([], 0)).toEqual([]);
  });

  it('are total and disjoint, and agree with painting byte by byte', () => {
    const span = fc.record({ start: fc.nat(400), length: fc.nat(120), owner: fc.integer({ min: STRUCTURE, max: 6 }) });
    fc.assert(
      fc.property(fc.array(span, { maxLength: 30, size: 'max' }), (list) => {
        const size = 500;
        const painted = new Array<number>(size).fill(REST);
        const spans = list.map(({ start, length, owner }) => ({ start, end: start + length, owner }));
        for (const { start, end, owner } of [...spans].sort((a, b) => b.owner - a.owner)) painted.fill(owner, start, Math.min(end, size));
        const runs = runsOfSpans(spans, size);
        expect(runs.reduce((total, [length]) => total + length, 0)).toBe(size);
        expect(runs.every(([length]) => length > 0)).toBe(true);
        const flat = runs.flatMap(([length, owner]) => new Array<number>(length).fill(owner));
        for (let byte = 0; byte < size; byte++) if (painted[byte] !== REST) expect(flat[byte]).toBe(painted[byte]);
      }),
    );
  });
});
