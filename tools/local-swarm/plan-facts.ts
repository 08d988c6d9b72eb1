import type { Download } from '@pageswarm/contracts';
import { indexesOf, parsePageRanges } from '@pageswarm/primitives';

/** Something that a finished download is asked for, and whether it is so. */
export interface PlanFact {
  readonly holds: boolean;
  readonly fact: string;
}

/** What it takes for a download to have gone by its opening plan: that `hosts` hosts sent pieces, each the pages of its share. */
export function planFacts(download: Pick<Download, 'hosts' | 'pages'>, hosts: number): PlanFact[] {
  const shares = download.hosts.map(({ share }) => share);
  return [
    { holds: download.hosts.filter(({ bytes }) => bytes > 0).length === hosts, fact: `${hosts} hosts sent pieces of it` },
    { holds: Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-6, fact: 'the shares of the plan add up to the whole' },
    ...download.hosts.map(({ address, plannedPages, sentPages }) => ({
      holds: holdsPages(sentPages, plannedPages, download.pages.total),
      fact: `${address} sent its pages ${plannedPages}`,
    })),
  ];
}

/** True if the pages of `inner` are all in `outer`. */
function holdsPages(outer: string, inner: string, pageCount: number): boolean {
  const pagesOf = (text: string) => new Set(text === '' ? [] : indexesOf(parsePageRanges(text, pageCount)));
  const sent = pagesOf(outer);
  return [...pagesOf(inner)].every((page) => sent.has(page));
}
