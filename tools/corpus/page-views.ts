import type { PeerClient } from '../local-swarm/peer.client.ts';
import { RestProblem } from '../local-swarm/rest-client.ts';
import type { PageTexts } from './page-texts.ts';

/** What became of the sampled pages of one document. */
export interface ViewVerdict {
  /** Pages whose view has the text of the original page. */
  readonly equal: number;
  readonly different: readonly number[];
  /** Pages that the peer would not show although PDFium reads them in the original. */
  readonly refused: readonly { readonly page: number; readonly code: string }[];
  /** Pages that PDFium cannot read in the original. */
  readonly unreadable: number;
}

/** The first page, the one in the middle and the last. */
export function sampledPages(pages: number): number[] {
  return [...new Set([1, Math.ceil(pages / 2), pages])].filter((page) => page >= 1);
}

/** Compares the text of sampled pages, as the peer cuts them out, with that of the same pages in the whole file. */
export async function compareViews(
  peer: PeerClient,
  document: { readonly id: string; readonly pages: number },
  path: string,
  texts: PageTexts,
): Promise<ViewVerdict> {
  let [equal, unreadable] = [0, 0];
  const different: number[] = [];
  const refused: { page: number; code: string }[] = [];
  for (const page of sampledPages(document.pages)) {
    const original = await texts.textOf(path, page);
    if (original === null) {
      unreadable++;
      continue;
    }
    try {
      const view = await texts.textOf(await peer.page(document.id, String(page)), 1);
      if (view === original) equal++;
      else different.push(page);
    } catch (error) {
      if (!(error instanceof RestProblem)) throw error;
      refused.push({ page, code: error.code });
    }
  }
  return { equal, different, refused, unreadable };
}
