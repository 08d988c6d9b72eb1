import { type Clock, type DocumentId, PageSwarmError, type PeerId } from '@pageswarm/primitives';
import { FairQueue } from './fair-queue.ts';
import type { DirectionLimits } from './rate-limits.ts';
import { TokenBucket } from './token-bucket.ts';

/** The most bytes that take one turn. */
export const MAX_TURN_BYTES = 262_144;
/** The fewest bytes that take one turn, where a low limit makes turns small. */
export const MIN_TURN_BYTES = 16_384;
/** Peers and documents whose rate is remembered, of each; the one that was used longest ago goes first. */
export const MAX_RATE_BUCKETS = 1_024;
/** How many turns a limited second has at least, so that a slow peer still hears something now and then. */
const TURNS_PER_SECOND = 10;

interface Turn {
  readonly peerId: PeerId;
  readonly documentId: DocumentId;
  readonly bytes: number;
  readonly go: () => void;
}

/** The rate limits of one direction: bytes take turns, fair between peers, and wait while a limit says so. */
export class Bandwidth {
  private readonly node: TokenBucket;
  private readonly peers = new Map<string, TokenBucket>();
  private readonly documents = new Map<string, TokenBucket>();
  private readonly queue = new FairQueue<PeerId, Turn>();
  private timer: NodeJS.Timeout | undefined;

  /** @param throttled called for every turn that has to wait */
  constructor(
    private readonly clock: Clock,
    private current: DirectionLimits,
    private readonly throttled: () => void = () => undefined,
  ) {
    this.node = new TokenBucket(clock, current.node);
  }

  get limits(): DirectionLimits {
    return this.current;
  }

  /** Changes limits while bytes flow. */
  set limits(limits: DirectionLimits) {
    this.current = limits;
    this.node.setRate(limits.node);
    for (const bucket of this.peers.values()) bucket.setRate(limits.peer);
    for (const bucket of this.documents.values()) bucket.setRate(limits.document);
    this.serve();
  }

  /** How many bytes to move in one turn, so that a low limit does not mean long silences. */
  get turnBytes(): number {
    const { node, document, peer } = this.current;
    const lowest = Math.min(...[node, document, peer].map((rate) => rate ?? Number.POSITIVE_INFINITY));
    return Math.max(MIN_TURN_BYTES, Math.min(MAX_TURN_BYTES, Math.floor(lowest / TURNS_PER_SECOND)));
  }

  /** True while nobody has to wait for a turn, so that whoever moves bytes need not even make a promise. */
  get isFree(): boolean {
    const { node, document, peer } = this.current;
    return node === null && document === null && peer === null && this.queue.isEmpty;
  }

  /** Resolves when so many bytes may pass. @throws PageSwarmError CANCELLED when `signal` aborts first */
  async turn(peerId: PeerId, documentId: DocumentId, bytes: number, signal?: AbortSignal): Promise<void> {
    if (this.isFree) return;
    if (signal?.aborted) throw gone();
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.queue.drop(peerId, turn);
        reject(gone());
      };
      let waits = true;
      const go = (): void => {
        waits = false;
        signal?.removeEventListener('abort', leave);
        resolve();
      };
      const turn: Turn = { peerId, documentId, bytes, go };
      signal?.addEventListener('abort', leave, { once: true });
      this.queue.add(peerId, turn, bytes);
      this.serve();
      if (waits) this.throttled();
    });
  }

  private serve(): void {
    clearTimeout(this.timer);
    for (;;) {
      const turn = this.queue.take((candidate) => this.waitOf(candidate) === 0);
      if (!turn) break;
      for (const bucket of this.bucketsOf(turn)) bucket.take(turn.bytes);
      turn.go();
    }
    if (this.queue.isEmpty) return;
    const soonest = Math.min(...[...this.queue.heads()].map((turn) => this.waitOf(turn)));
    this.timer = setTimeout(() => this.serve(), Math.ceil(soonest)).unref();
  }

  private waitOf(turn: Turn): number {
    return Math.max(...this.bucketsOf(turn).map((bucket) => bucket.readyInMs()));
  }

  private bucketsOf({ peerId, documentId }: Turn): readonly TokenBucket[] {
    return [
      this.node,
      this.remembered(this.peers, peerId, this.current.peer),
      this.remembered(this.documents, documentId, this.current.document),
    ];
  }

  private remembered(buckets: Map<string, TokenBucket>, key: string, rate: number | null): TokenBucket {
    const bucket = buckets.get(key) ?? new TokenBucket(this.clock, rate);
    buckets.delete(key);
    buckets.set(key, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > MAX_RATE_BUCKETS && oldest !== undefined) buckets.delete(oldest);
    return bucket;
  }
}

function gone(): PageSwarmError {
  return new PageSwarmError('CANCELLED', 'Nobody waits for these bytes any more');
}
