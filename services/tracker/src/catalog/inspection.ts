import type { Inspection } from '@pageswarm/contracts';

/**
 * What is known about a document after another peer told its inspection: known beats unknown, and the first word stays.
 * Pages, words and their extractor belong together, and so do the map and the reason for having none.
 * @returns `known` itself if nothing is new
 */
export function mergeInspections(known: Inspection, told: Inspection): Inspection {
  const merged: Inspection = { ...known };
  if (known.pages === null && told.pages !== null) {
    const { pages, words, extractor, encrypted, needsPassword, error } = told;
    Object.assign(merged, { pages, words, extractor, encrypted, needsPassword, error });
  } else if (known.words === null && told.words !== null && told.pages === known.pages) {
    const { words, extractor, error } = told;
    Object.assign(merged, { words, extractor, error });
  }
  if (!known.mapped && told.mapped) Object.assign(merged, { mapped: true, mapReason: told.mapReason });
  merged.title = known.title ?? told.title;
  merged.author = known.author ?? told.author;
  const isNew = (Object.keys(merged) as (keyof Inspection)[]).some((key) => merged[key] !== known[key]);
  return isNew ? merged : known;
}

/** True if an inspection cannot add to what is known, whatever that is. */
export function tellsNothing({ pages, words, mapped, title, author }: Inspection): boolean {
  return pages === null && words === null && !mapped && title === null && author === null;
}
