import { describe, expect, it } from '@jest/globals';
import { PageSizeRuns } from './page-size-runs.ts';

describe('the sizes of pages', () => {
  const [upright, across] = [
    { width: 595, height: 842 },
    { width: 842, height: 595 },
  ];
  const runsOf = (sizes: readonly { width: number; height: number }[], maxRuns?: number) => {
    const runs = new PageSizeRuns(maxRuns);
    for (const size of sizes) runs.add(size);
    return runs.finish();
  };

  it('are told as runs of pages of one size', () => {
    expect(runsOf([upright, upright, across, upright])).toEqual([
      { pages: 2, ...upright },
      { pages: 1, ...across },
      { pages: 1, ...upright },
    ]);
    expect(runsOf([])).toEqual([]);
  });

  it('are not told of a document that changes them too often', () => {
    expect(runsOf([upright, across, across], 2)).toHaveLength(2);
    expect(runsOf([upright, across, upright, across], 2)).toBeNull();
  });
});
