import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError } from '@pageswarm/primitives';
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
