import type { ErrorShape, IndexRange, PeerId } from '@pageswarm/primitives';
import type { Host } from './host.ts';
import { pageNumberRanges } from './page-plan.ts';
import type { Transfer } from './transfer.ts';

export type DownloadState = 'queued' | 'probing' | 'downloading' | 'verifying' | 'paused' | 'done' | 'failed';
export type HostState = 'probing' | 'active' | 'idle' | 'dead' | 'banned' | 'lost';

/** One host as people see it. Pages are runs of page numbers from 1. */
export interface HostStatus {
  readonly peerId: PeerId;
  readonly address: string;
  readonly latencyMs?: number;
  /** Fraction of the pages of the opening plan. */
  readonly share: number;
  readonly plannedPages: readonly IndexRange[];
  /** Pages of which it sent at least one piece. */
  readonly pagesSent: readonly IndexRange[];
  /** Verified pieces that it was the first to send. */
  readonly pieces: number;
  /** Document bytes that it sent. */
  readonly bytes: number;
  /** Bytes per second, measured while it was asked. */
  readonly rate: number;
  readonly state: HostState;
  readonly detail?: string;
}

/** Why nothing comes although the download runs: nobody has what is missing. */
export interface Stalled {
  readonly missingPages: readonly IndexRange[];
  /** Hosts that were seen with missing pieces and are gone. */
  readonly lastSeenHosts: readonly { readonly peerId: PeerId; readonly address: string; readonly detail?: string }[];
}

export interface DownloadStatus {
  readonly state: DownloadState;
  /** Of the pieces that are wanted: how many are stored. */
  readonly pieces: { readonly have: number; readonly total: number };
  readonly pages: { readonly ready: number; readonly total: number };
  /** Pages that can be shown now. */
  readonly readyPages: readonly IndexRange[];
  /** Verified bytes that are stored. */
  readonly bytesHave: number;
  /** Document bytes that came over the wire, also wrong ones and those that came twice. */
  readonly bytesReceived: number;
  /** Bytes per second. */
  readonly rate: number;
  readonly hosts: readonly HostStatus[];
  readonly error?: ErrorShape;
  readonly stalled?: Stalled;
}

export function describeDownload(transfer: Transfer, state: DownloadState, error: ErrorShape | undefined, now: number): DownloadStatus {
  const { book, readiness, hosts, bytesReceived, meter } = transfer;
  const running = state === 'downloading' || state === 'probing';
  const stalled = running && transfer.isStarved() && hosts.all().length > 0;
  return {
    state,
    pieces: { have: book.storedWantedCount, total: book.wantedCount },
    pages: { ready: readiness.ready, total: readiness.total },
    readyPages: pageNumberRanges(readiness.readyPages()),
    bytesHave: book.storedBytes,
    bytesReceived,
    rate: state === 'downloading' ? (meter.rate(now) ?? 0) : 0,
    hosts: hosts.all().map((host) => describeHost(host, transfer, now)),
    ...(error && { error }),
    ...(stalled && { stalled: describeStall(transfer) }),
  };
}

function describeHost(host: Host, { ledger }: Transfer, now: number): HostStatus {
  return {
    peerId: host.peerId,
    address: host.address,
    ...(host.latencyMs !== undefined && { latencyMs: host.latencyMs }),
    share: host.share,
    plannedPages: host.plannedPages,
    pagesSent: host.sentPages(),
    pieces: host.pieces,
    bytes: host.bytes,
    rate: host.meter.rate(now) ?? 0,
    state: hostState(host, ledger.bytesOf(host.index) > 0),
    ...(host.detail !== undefined && { detail: host.detail }),
  };
}

function hostState(host: Host, asked: boolean): HostState {
  if (host.phase === 'live') return asked ? 'active' : 'idle';
  return host.phase === 'parked' ? 'idle' : host.phase;
}

/** Which pages are missing, and who had them last. */
export function describeStall({ readiness, hosts, book }: Transfer): Stalled {
  const missing = [...book.open()];
  const gone = hosts.all().filter(({ phase, offer }) => {
    if (phase !== 'lost' && phase !== 'dead') return false;
    return offer === 'all' || missing.some((piece) => offer.has(piece));
  });
  return {
    missingPages: pageNumberRanges(readiness.missingPages()),
    lastSeenHosts: gone.map(({ peerId, address, detail }) => ({ peerId, address, ...(detail !== undefined && { detail }) })),
  };
}
