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

/** A page that is wanted while others are coming. */
export interface LatePage {
  /** Document bytes that came between the demand and the moment when all was there that the page needs, in percent of the document. */
  readonly percentMeanwhile: number;
  readonly hereSeconds: number;
}

/**
 * Orders a document and reads one of its pages at once, as somebody does who opens a book before it has come; then waits for the rest.
 * @param page from 1
 * @throws Error if the page does not come
 */
export async function readFirstPage(peer: PeerClient, id: string, page: number): Promise<FirstPage> {
  const started = performance.now();
  const { id: downloadId } = await peer.startDownload({ id });
  const watching = untilHere(peer, downloadId, page);
  const view = await peer.page(id, String(page));
  const shownSeconds = (performance.now() - started) / 1_000;
  const percentShown = await percentOf(peer, downloadId);
  const { percent, at } = await watching;
  await untilDone(peer, downloadId);
  if (view.length === 0) throw new Error(`Page ${page} is empty`);
  return { percentHere: percent, percentShown, hereSeconds: (at - started) / 1_000, shownSeconds };
}

/**
 * Orders a document, lets it come for a while and then reads a page that has not come; then waits for the rest.
 * @param page from 1
 * @throws Error if the page does not come, or has come before
 */
export async function readLatePage(peer: PeerClient, id: string, page: number, afterMs: number): Promise<LatePage> {
  const { id: downloadId } = await peer.startDownload({ id });
  await delay(afterMs);
  const before = await percentOf(peer, downloadId);
  const started = performance.now();
  const watching = untilHere(peer, downloadId, page);
  await peer.page(id, String(page));
  const { percent, at } = await watching;
  if (percent === before) throw new Error(`Page ${page} has come within ${afterMs} ms`);
  await untilDone(peer, downloadId);
  return { percentMeanwhile: percent - before, hereSeconds: (at - started) / 1_000 };
}

async function percentOf(peer: PeerClient, downloadId: string): Promise<number> {
  const { bytesReceived, size } = await peer.download(downloadId);
  return (100 * bytesReceived) / size;
}

/** Looks until all is there that a page needs: what has come of the document by then, in percent, and when that was. */
async function untilHere(peer: PeerClient, downloadId: string, page: number): Promise<{ readonly percent: number; readonly at: number }> {
  const giveUpAt = performance.now() + PAGE_LIMIT_MS;
  while (performance.now() < giveUpAt) {
    const { readyPages, bytesReceived, size, pages } = await peer.download(downloadId);
    const isReady =
      readyPages !== '' && parsePageRanges(readyPages, pages.total).some(([first, count]) => page >= first && page < first + count);
    if (isReady) return { percent: (100 * bytesReceived) / size, at: performance.now() };
    await delay(LOOK_INTERVAL_MS);
  }
  throw new Error(`Page ${page} has not come within ${PAGE_LIMIT_MS} ms`);
}

async function untilDone(peer: PeerClient, downloadId: string): Promise<void> {
  const { state } = await peer.followDownload(downloadId, DOCUMENT_LIMIT_MS);
  if (state !== 'done') throw new Error(`The download is ${state}`);
}
