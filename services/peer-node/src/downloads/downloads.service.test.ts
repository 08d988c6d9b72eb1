import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError, ManualClock } from '@pageswarm/primitives';
import { Downloads, type DownloadsOptions } from './downloads.service.ts';

/** Downloads of an empty library in a network that has one document of so many pages. */
function downloadsOf(pages: number | null): Downloads {
  const document = { id: 'ab'.repeat(32), name: 'Maps.pdf', pages };
  return new Downloads({
    directory: { get: async () => document },
    library: { list: () => [], find: () => undefined },
    meter: {},
  } as unknown as DownloadsOptions);
}

describe('an order of single pages', () => {
  it.each([
    [120, '121'],
    [120, '0-3'],
    [120, '7-3'],
    [120, 'all'],
    [null, '0'],
    [null, '1,,2'],
  ])('of a document of %s pages is refused at once when it says "%s"', async (pages, wanted) => {
    const downloads = downloadsOf(pages);
    const error: unknown = await downloads.order({ id: 'ab'.repeat(32), pages: wanted }).catch((thrown) => thrown);
    expect(isPageSwarmError(error) && error.code).toBe('INVALID_PAGES');
    expect(downloads.list()).toEqual([]);
  });
});

describe('the strategy of an order', () => {
  it.each([
    [undefined, 'rarest-first'],
    ['cascade', 'cascade'],
  ] as const)('that names %s is %s where the node prefers the rarest first', async (strategy, taken) => {
    const saved: unknown[] = [];
    const document = { id: 'ab'.repeat(32), name: 'Maps.pdf', pages: 3 };
    const downloads = new Downloads({
      directory: { get: async () => document },
      library: { list: () => [], find: () => undefined },
      orders: { save: async (order: unknown) => void saved.push(order) },
      meter: {},
      clock: new ManualClock(),
      maxActive: 0,
      defaultStrategy: 'rarest-first',
    } as unknown as DownloadsOptions);
    const job = await downloads.order({ id: document.id, strategy });
    expect(job.order.strategy).toBe(taken);
    expect(saved).toEqual([expect.objectContaining({ strategy: taken })]);
  });
});
