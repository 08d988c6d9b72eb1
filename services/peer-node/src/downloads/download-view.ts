import type { Download, DownloadHost } from '@pageswarm/contracts';
import type { DownloadStatus } from '@pageswarm/engine';
import { formatPageRanges, type IndexRange, md5, pieceCount, toIndexRanges } from '@pageswarm/primitives';
import type { LocalDocument } from '../library/local-document.ts';
import type { DownloadJob } from './download-job.ts';

/** A download as the REST interface and the event stream show it. */
export function viewOfDownload(job: DownloadJob, position: number | null): Download {
  const { state, error, run, finishedAt, digests } = job.status;
  const { id, document, strategy, pages, startedAt, priority } = job.order;
  const engine = run?.status();
  const ready = job.document ? readyPages(job.document) : [];
  return {
    id,
    documentId: document.id,
    name: document.name,
    strategy,
    state,
    position,
    priority,
    pieces: engine?.pieces ?? { have: job.document?.have.count ?? 0, total: pieceCount(document.size, document.pieceLength) },
    pages: { ready: engine?.pages.ready ?? ready.length, total: engine?.pages.total ?? document.inspection.pages ?? 1 },
    readyPages: formatPageRanges(toIndexRanges(ready)),
    wantedPages: pages,
    size: document.size,
    bytes: engine?.bytesHave ?? 0,
    bytesReceived: engine?.bytesReceived ?? 0,
    rate: Math.round(state === 'downloading' ? (engine?.rate ?? 0) : 0),
    hosts: engine?.hosts.map(viewOfHost) ?? [],
    md5: { expected: document.md5, actual: digests && md5(digests.md5) },
    sha256: digests?.sha256 ?? null,
    error: error ?? null,
    startedAt,
    finishedAt: finishedAt === undefined ? null : new Date(finishedAt).toISOString(),
  };
}

/** Pages, from 1, of which the structure and every piece of the closure are here. */
export function readyPages({ have, pageMap }: LocalDocument): number[] {
  if (have.isFull) return Array.from({ length: pageMap.pageCount }, (_, page) => page + 1);
  const isHere = ([first, count]: IndexRange): boolean => have.hasRange(first, count);
  if (!pageMap.mapped || !pageMap.structure.every(isHere)) return [];
  return pageMap.closures.flatMap((closure, page) => (closure.every(isHere) ? [page + 1] : []));
}

function viewOfHost(host: DownloadStatus['hosts'][number]): DownloadHost {
  return {
    peerId: host.peerId,
    address: host.address as DownloadHost['address'],
    latencyMs: host.latencyMs ?? null,
    share: host.share,
    plannedPages: formatPageRanges(host.plannedPages),
    sentPages: formatPageRanges(host.pagesSent),
    pieces: host.pieces,
    bytes: host.bytes,
    rate: Math.round(host.rate),
    state: host.state,
    detail: host.detail ?? null,
  };
}
