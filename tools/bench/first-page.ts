import { setTimeout as delay } from 'node:timers/promises';
import { parsePageRanges } from '@pageswarm/primitives';
import type { PeerClient } from '../local-swarm/peer.client.ts';

/** How long a page may take, and the whole document, in milliseconds. */
const PAGE_LIMIT_MS = 60_000;
const DOCUMENT_LIMIT_MS = 120_000;
const LOOK_INTERVAL_MS = 5;

/** What came before a page of a document could be shown, of which nothing was there. */
export interface FirstPage {
  /** Document bytes that had come once all that the page needs was there, in percent of the document. */
  readonly percentHere: number;
  /** The same once the page had been handed over as a PDF of its own. */
  readonly percentShown: number;
  readonly hereSeconds: number;
  readonly shownSeconds: number;
}

/** Lets a peer send so many bytes a second to all others together. @throws Error when it refuses */
export async function limitUpload({ base }: PeerClient, bytesPerSecond: number): Promise<void> {
  const { ok, status } = await fetch(`${base}/api/v1/node/limits`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ upload: { node: bytesPerSecond } }),
  });
  if (!ok) throw new Error(`The limit was refused with ${status}`);
}

/**
 * Orders a document and reads one of its pages at once, as somebody does who opens a book before it has come; then waits for the rest.
 * @param page from 1
 * @throws Error if the page does not come
 */
export async function readFirstPage(peer: PeerClient, id: string, page: number): Promise<FirstPage> {
  const started = performance.now();
  const since = () => (performance.now() - started) / 1_000;
  const { id: downloadId } = await peer.startDownload({ id });
  let here: { percent: number; seconds: number } | undefined;
  const watching = (async () => {
    while (performance.now() - started < PAGE_LIMIT_MS) {
      const { readyPages, bytesReceived, size, pages } = await peer.download(downloadId);
      const isReady =
        readyPages !== '' && parsePageRanges(readyPages, pages.total).some(([first, count]) => page >= first && page < first + count);
      if (isReady) {
        here = { percent: (100 * bytesReceived) / size, seconds: since() };
        return;
      }
      await delay(LOOK_INTERVAL_MS);
    }
  })();
  const view = await peer.page(id, String(page));
  const shownSeconds = since();
  const { bytesReceived, size } = await peer.download(downloadId);
  await watching;
  const { state } = await peer.followDownload(downloadId, DOCUMENT_LIMIT_MS);
  if (state !== 'done') throw new Error(`The download is ${state}`);
  if (!here || view.length === 0) throw new Error(`Page ${page} has not come within ${PAGE_LIMIT_MS} ms`);
  return { percentHere: here.percent, percentShown: (100 * bytesReceived) / size, hereSeconds: here.seconds, shownSeconds };
}
