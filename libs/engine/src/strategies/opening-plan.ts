import { cascadeShares } from '../cascade.ts';
import type { Host } from '../host.ts';
import { pageNumberRanges, planPageList } from '../page-plan.ts';
import type { StrategyView } from './strategy.ts';

/**
 * The cascade over the pages that are still to come: notes each host's share and pages.
 * @returns per host its open pieces in order: the structure first of all from the fastest, pages in order, the rest last by the same shares
 */
export function openingPlan(hosts: readonly Host[], view: StrategyView): number[][] {
  const { book, order } = view;
  const shares = cascadeShares(hosts.length);
  const pages = planPageList(pagesToCome(view), shares);
  const open = (pieces: Int32Array) => [...pieces].filter((piece) => book.isOpen(piece));
  const rest = planPageList(open(order.rest()), shares);
  return hosts.map((host, rank) => {
    const hostPages = pages[rank] ?? [];
    host.share = shares[rank] ?? 0;
    host.plannedPages = pageNumberRanges(hostPages);
    const structure = rank === 0 ? open(order.structure()) : [];
    return [...structure, ...hostPages.flatMap((page) => open(order.ofPage(page))), ...(rest[rank] ?? [])];
  });
}

/** All pages of an untouched whole download, also those that own no piece; otherwise the pages that own a piece which is to come. */
function pagesToCome({ book, order, pageCount }: StrategyView): number[] {
  const pages = Array.from({ length: pageCount }, (_, page) => page);
  if (book.storedBytes === 0 && book.wantedCount === book.count) return pages;
  return pages.filter((page) => order.ofPage(page).some((piece) => book.isOpen(piece)));
}
