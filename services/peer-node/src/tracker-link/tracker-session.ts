import {
  type AnnouncedDocument,
  type AnnounceReply,
  AnnounceReplySchema,
  type JoinReply,
  JoinReplySchema,
  type JoinRequest,
  MAX_ANNOUNCE_DOCUMENTS,
  parseMessage,
  RenewReplySchema,
  TRACKER_PATTERNS,
} from '@pageswarm/contracts';
import type { Logger } from '@pageswarm/observability';
import {
  type Clock,
  type DocumentId,
  type Endpoint,
  errorShape,
  formatEndpoint,
  isPageSwarmError,
  type Random,
} from '@pageswarm/primitives';
import type { SwarmClient } from '@pageswarm/transport';

/** The first wait before a tracker is tried again, in milliseconds; it doubles up to the last. */
export const FIRST_RETRY_MS = 250;
export const LAST_RETRY_MS = 10_000;
/** How soon after a lost connection a lease is looked after, in milliseconds at the most; at random, so that a swarm does not come at once. */
export const LOSS_CHECK_MS = 1_000;
/** How long a tracker may take to answer, in milliseconds. */
export const TRACKER_TIMEOUT_MS = 5_000;
/** Bytes of one announce, as JSON, below the limit of a control frame. */
export const MAX_ANNOUNCE_BYTES = 524_288;

export interface TrackerSessionOptions {
  readonly endpoint: Endpoint;
  readonly client: SwarmClient;
  readonly join: () => JoinRequest;
  /** Everything that this node has, asked for at each join. */
  readonly documents: () => AnnouncedDocument[];
  /** Hears the catalog's word on every announced document that it took. */
  readonly announced: (reply: AnnounceReply) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** How a link to one tracker stands, for people. */
export interface TrackerState {
  readonly address: string;
  readonly connected: boolean;
  /** Where the tracker sends others to reach this node. */
  readonly announcedAddress: string | null;
  /** Whether the tracker reached that address. */
  readonly reachable: boolean | null;
  readonly roundTripMs: number | null;
  readonly detail: string;
}

/** Keeps a lease at one tracker: joins, announces everything, renews, and begins again whenever the tracker was away. */
export class TrackerSession {
  private joined: JoinReply | undefined;
  private detail = 'not connected yet';
  private isDoubted = false;
  private stopped = false;
  private beating = false;
  private timer: NodeJS.Timeout | undefined;
  private retryMs = FIRST_RETRY_MS;

  constructor(private readonly options: TrackerSessionOptions) {}

  get connected(): boolean {
    return this.joined !== undefined;
  }

  /** Whether there is a lease, and the tracker has not failed to answer since it was heard last. */
  get healthy(): boolean {
    return this.connected && !this.isDoubted;
  }

  /** The tracker did not answer somebody; it is looked after soon. */
  doubt(): void {
    this.isDoubted = true;
    if (this.joined && !this.beating) this.beatIn(this.options.random.next() * LOSS_CHECK_MS);
  }

  get client(): SwarmClient {
    return this.options.client;
  }

  start(): void {
    // A tracker that went down and came up again is told everything now, not when the lease would be renewed.
    this.options.client.on('disconnect', () => {
      if (this.joined && !this.beating) this.beatIn(this.options.random.next() * LOSS_CHECK_MS);
    });
    void this.beat();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    if (this.joined) await this.request(TRACKER_PATTERNS.leave, {}).catch(() => undefined);
    this.joined = undefined;
    await this.options.client.close();
  }

  state(): TrackerState {
    return {
      address: formatEndpoint(this.options.endpoint),
      connected: this.connected,
      announcedAddress: this.joined?.address ?? null,
      reachable: this.joined?.reachable ?? null,
      roundTripMs: this.options.client.roundTripMs ?? null,
      detail: this.detail,
    };
  }

  /** Announces documents now; does nothing while there is no lease, for joining announces everything. */
  async announce(documents: readonly AnnouncedDocument[]): Promise<void> {
    if (!this.joined) return;
    for (const batch of batches(documents)) {
      const reply = parseMessage(AnnounceReplySchema, await this.request(TRACKER_PATTERNS.announce, { documents: batch }));
      const tracker = formatEndpoint(this.options.endpoint);
      for (const { id, code, detail } of reply.refused)
        this.options.logger.warn({ tracker, documentId: id, code }, `the tracker does not list a document: ${detail}`);
      await this.options.announced(reply);
    }
  }

  async progress(id: DocumentId, have: number, complete: boolean): Promise<void> {
    if (this.joined) await this.request(TRACKER_PATTERNS.progress, { id, have, complete });
  }

  async withdraw(ids: readonly DocumentId[]): Promise<void> {
    if (this.joined) await this.request(TRACKER_PATTERNS.withdraw, { ids });
  }

  private request(pattern: string, data: unknown): Promise<unknown> {
    return this.options.client.request(pattern, data, { timeoutMs: TRACKER_TIMEOUT_MS });
  }

  private beatIn(ms: number): void {
    if (this.stopped) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.beat(), ms);
    this.timer.unref();
  }

  private async beat(): Promise<void> {
    let waitMs: number;
    this.beating = true;
    try {
      if (this.joined) await this.renew();
      else await this.join();
      this.isDoubted = false;
      this.retryMs = FIRST_RETRY_MS;
      waitMs = this.joined?.heartbeatMs ?? FIRST_RETRY_MS;
      // An unreachable address is worth a second look soon: the first try may have come before this node listened.
      if (this.joined && !this.joined.reachable) waitMs = Math.min(waitMs, 2_000);
    } catch (error) {
      waitMs = this.lost(error);
    } finally {
      this.beating = false;
    }
    this.beatIn(waitMs);
  }

  private async join(): Promise<void> {
    const joined = parseMessage(JoinReplySchema, await this.request(TRACKER_PATTERNS.join, this.options.join()));
    this.joined = joined;
    await this.announce(this.options.documents());
    this.detail = joined.reachable ? 'joined' : `joined, but the tracker cannot reach this node at ${joined.address}`;
    this.options.logger.info(
      { tracker: formatEndpoint(this.options.endpoint), address: joined.address, reachable: joined.reachable },
      `tracker ${this.detail}`,
    );
  }

  private async renew(): Promise<void> {
    const { reachable } = parseMessage(RenewReplySchema, await this.request(TRACKER_PATTERNS.renew, {}));
    if (this.joined) this.joined = { ...this.joined, reachable };
    this.detail = reachable ? 'joined' : `joined, but the tracker cannot reach this node at ${this.joined?.address}`;
  }

  /** @returns how long to wait before the next try */
  private lost(error: unknown): number {
    const forgotten = isPageSwarmError(error) && error.code === 'PEER_NOT_FOUND';
    const wasConnected = this.joined !== undefined;
    this.joined = undefined;
    this.detail = `no tracker: ${errorShape(error).detail}; trying again`;
    if (wasConnected || this.retryMs === FIRST_RETRY_MS)
      this.options.logger.warn(
        { tracker: formatEndpoint(this.options.endpoint), code: errorShape(error).code },
        forgotten ? 'the tracker forgot this node; joining again' : this.detail,
      );
    if (forgotten) return 0;
    const waitMs = this.retryMs * (0.5 + this.options.random.next());
    this.retryMs = Math.min(this.retryMs * 2, LAST_RETRY_MS);
    return waitMs;
  }
}

/** Cuts a list into announces that keep below both limits: documents and bytes. */
export function* batches(documents: readonly AnnouncedDocument[]): Generator<AnnouncedDocument[]> {
  let batch: AnnouncedDocument[] = [];
  let bytes = 0;
  for (const document of documents) {
    const size = JSON.stringify(document).length;
    if (batch.length > 0 && (batch.length >= MAX_ANNOUNCE_DOCUMENTS || bytes + size > MAX_ANNOUNCE_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(document);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
