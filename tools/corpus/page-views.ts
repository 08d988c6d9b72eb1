import type { PeerClient } from '../local-swarm/peer.client.ts';
import { RestProblem } from '../local-swarm/rest-client.ts';
import type { PageLook } from './page-look.child.ts';
import type { PageLooks } from './page-looks.ts';
import type { ViewCheckers } from './view-checkers.ts';

/** A page whose view is not as it should be, and how. */
export interface ViewFault {
  readonly page: number;
  readonly what: string;
}

/** What became of the sampled pages of one document. */
export interface ViewVerdict {
  /** Pages whose view has the text and the pixels of the original page. */
  readonly equal: number;
  /** Pages whose view has another text, or another picture. */
  readonly text: readonly number[];
  readonly pixels: readonly number[];
  /** Pages that the peer would not show although PDFium reads them in the original: each with the code. */
  readonly refused: readonly ViewFault[];
  /** Views that qpdf or poppler complain about more than about the original. */
  readonly complaints: readonly ViewFault[];
  /** Pages that PDFium cannot read in the original. */
  readonly unreadable: number;
  /** Sampled pages in one PDF: `equal`, or what is wrong there; undefined for a document of one page. */
  readonly together: string | undefined;
}

/** What views are compared with. */
export interface ViewJudges {
  readonly looks: PageLooks;
  readonly checkers: ViewCheckers;
}

/** The first page, the one in the middle and the last. */
export function sampledPages(pages: number): number[] {
  return [...new Set([1, Math.ceil(pages / 2), pages])].filter((page) => page >= 1);
}

/** Compares sampled pages, as the peer cuts them out one by one and together, with the same pages of the whole file. */
export async function compareViews(
  peer: PeerClient,
  document: { readonly id: string; readonly pages: number },
  path: string,
  { looks, checkers }: ViewJudges,
): Promise<ViewVerdict> {
  let equal = 0;
  const [text, pixels]: [number[], number[]] = [[], []];
  const [refused, complaints]: [ViewFault[], ViewFault[]] = [[], []];
  const sampled = sampledPages(document.pages);
  const originals = new Map<number, PageLook>();
  for (const page of sampled) {
    const original = await looks.lookAt(path, page);
    if (!original) continue;
    originals.set(page, original);
    const view = await viewOf(peer, document.id, String(page));
    if (typeof view === 'string') {
      refused.push({ page, what: view });
      continue;
    }
    const look = await looks.lookAt(view, 1);
    if (look?.text !== original.text) text.push(page);
    if (look?.picture !== original.picture) pixels.push(page);
    if (look?.text === original.text && look.picture === original.picture) equal++;
    for (const what of await checkers.complaints(view, path)) complaints.push({ page, what });
  }
  const together = originals.size > 1 ? await lookAtTogether(peer, document.id, originals, looks) : undefined;
  return { equal, text, pixels, refused, complaints, unreadable: sampled.length - originals.size, together };
}

async function lookAtTogether(peer: PeerClient, id: string, originals: ReadonlyMap<number, PageLook>, looks: PageLooks): Promise<string> {
  const pages = await viewOf(peer, id, [...originals.keys()].join(','));
  if (typeof pages === 'string') return pages;
  let place = 0;
  for (const [page, original] of originals) {
    const look = await looks.lookAt(pages, ++place);
    if (look?.text !== original.text) return `text of page ${page}`;
    if (look.picture !== original.picture) return `pixels of page ${page}`;
  }
  return (await looks.lookAt(pages, place + 1)) === null ? 'equal' : 'more pages than asked for';
}

/** A PDF of these pages, or the code with which it is refused. */
async function viewOf(peer: PeerClient, id: string, pages: string): Promise<Uint8Array | string> {
  try {
    return await peer.page(id, pages);
  } catch (error) {
    if (error instanceof RestProblem) return error.code;
    throw error;
  }
}
