import type { Bitfield, ErrorCode, IndexRange, PeerId } from '@pageswarm/primitives';

/** A peer that has pieces of the document, as the tracker or the peer itself tells it. */
export interface HostOffer {
  readonly peerId: PeerId;
  readonly address: string;
  readonly pieces: 'all' | Bitfield;
}

export type RequestOutcome = 'complete' | 'refused' | 'failed';

/** What happened outside. Each is applied at a time that never runs backwards. */
export type DownloadEvent =
  /** The queue lets the download begin. */
  | { readonly type: 'start' }
  /** An answer to `find-hosts`, or news of hosts that nobody asked for. */
  | { readonly type: 'hosts-found'; readonly hosts: readonly HostOffer[] }
  | { readonly type: 'hosts-lookup-failed'; readonly code: ErrorCode; readonly detail: string }
  /** An answer to `probe`; null says that the host is dead. */
  | { readonly type: 'probed'; readonly peerId: PeerId; readonly latencyMs: number | null; readonly detail?: string }
  /** A host that has a part of the document got more of it. */
  | { readonly type: 'have'; readonly peerId: PeerId; readonly pieces: readonly IndexRange[] }
  /** The first bytes of a request came: until then it can be taken back without wasting any. */
  | { readonly type: 'request-begun'; readonly requestId: number; readonly peerId: PeerId }
  /** A whole piece came; its hash was checked outside against the root. */
  | {
      readonly type: 'piece-arrived';
      readonly requestId: number;
      readonly peerId: PeerId;
      readonly piece: number;
      readonly verified: boolean;
      readonly bytes: number;
    }
  /** A verified piece is on disk. */
  | { readonly type: 'piece-stored'; readonly piece: number }
  /** A verified piece could not be written: the download pauses with that code. */
  | { readonly type: 'store-failed'; readonly piece: number; readonly code: ErrorCode; readonly detail: string }
  /** No more comes for this request. `refused`: the host does not have what did not come. */
  | {
      readonly type: 'request-ended';
      readonly requestId: number;
      readonly peerId: PeerId;
      readonly outcome: RequestOutcome;
      readonly code?: ErrorCode;
      readonly detail?: string;
    }
  | { readonly type: 'host-lost'; readonly peerId: PeerId; readonly code: ErrorCode; readonly detail: string }
  /** A reader waits for these pieces. Demands of several readers add up; each ends with its own `demand-over`. */
  | { readonly type: 'demand'; readonly pieces: readonly IndexRange[] }
  | { readonly type: 'demand-over'; readonly pieces: readonly IndexRange[] }
  | { readonly type: 'pause' }
  | { readonly type: 'resume' }
  | { readonly type: 'cancel' }
  /** The time of the last `wake-at` has come; a tick at any other time does no harm. */
  | { readonly type: 'tick' }
  /** An answer to `verify-file`. */
  | { readonly type: 'file-verified'; readonly md5: string; readonly ok: boolean; readonly detail?: string };

/** What the world outside is to do. */
export type DownloadCommand =
  | { readonly type: 'find-hosts' }
  | { readonly type: 'probe'; readonly peerId: PeerId; readonly address: string }
  /** Ask for these pieces, to be sent in this order. */
  | { readonly type: 'request'; readonly requestId: number; readonly peerId: PeerId; readonly pieces: readonly number[] }
  /** Forget this request; what still comes of it is welcome, and `request-ended` need not follow. */
  | { readonly type: 'cancel-request'; readonly requestId: number; readonly peerId: PeerId; readonly reason: string }
  | { readonly type: 'drop-host'; readonly peerId: PeerId; readonly reason: string }
  | { readonly type: 'ban'; readonly peerId: PeerId; readonly piece: number; readonly detail: string }
  | { readonly type: 'verify-file' }
  /** Apply a `tick` at this time (same clock as `now`); it replaces the wake-up that was asked before. */
  | { readonly type: 'wake-at'; readonly at: number }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly detail: string }
  | { readonly type: 'paused'; readonly code?: ErrorCode; readonly detail?: string };

/** Commands in the order in which they were decided. */
export class CommandQueue {
  private waiting: DownloadCommand[] = [];

  push(command: DownloadCommand): void {
    this.waiting.push(command);
  }

  drain(): DownloadCommand[] {
    const commands = this.waiting;
    this.waiting = [];
    return commands;
  }
}
