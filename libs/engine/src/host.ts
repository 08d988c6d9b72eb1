import type { Bitfield, IndexRange, PeerId } from '@pageswarm/primitives';
import { pageNumberRanges } from './page-plan.ts';
import { RateMeter } from './rate-meter.ts';

/**
 * parked: not asked anything now, it may well live · probing: asked whether it lives · live: may be asked for pieces ·
 * dead: did not answer its probe · lost: was alive and failed · banned: sent a wrong piece, never asked again.
 */
export type HostPhase = 'probing' | 'live' | 'parked' | 'dead' | 'lost' | 'banned';

/** All that a download knows about one host. Written by the download's parts, each its own fields, in answer to one event at a time. */
export class Host {
  phase: HostPhase = 'parked';
  latencyMs: number | undefined;
  detail: string | undefined;
  probeSentAt = 0;
  /** Fraction of the opening plan. */
  share = 0;
  /** Page numbers of the opening plan. */
  plannedPages: readonly IndexRange[] = [];
  /** Pages (from 0) of which it sent a piece. */
  readonly pagesSent = new Set<number>();
  /** Verified pieces that it was the first to send. */
  pieces = 0;
  /** Document bytes that it sent, whatever became of them. */
  bytes = 0;
  readonly meter = new RateMeter();
  /** The last time that a piece came, or that it was first asked after it had nothing to do. */
  aliveAt = 0;
  /** The last time that a good piece came. */
  heardAt = 0;
  /** Stalls and failures since its last piece. */
  strikes = 0;
  /** Times that it was dropped; a host that comes and goes is tried less and less often. */
  drops = 0;
  /** Not to be asked before. */
  restUntil = 0;
  private sentRanges: { pages: number; ranges: readonly IndexRange[] } = { pages: 0, ranges: [] };

  constructor(
    /** Its number within the download. */
    readonly index: number,
    readonly peerId: PeerId,
    public address: string,
    /** What it has, as far as told; the picker knows it once the host is live. */
    public offer: 'all' | Bitfield,
  ) {}

  /** Page numbers of which it sent a piece. */
  sentPages(): readonly IndexRange[] {
    if (this.sentRanges.pages !== this.pagesSent.size)
      this.sentRanges = { pages: this.pagesSent.size, ranges: pageNumberRanges(this.pagesSent) };
    return this.sentRanges.ranges;
  }
}
