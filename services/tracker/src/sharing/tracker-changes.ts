import { type PeerId, peerId } from '@pageswarm/primitives';
import type { RedisConnection, RedisTransaction } from '../snapshot/redis-connection.ts';

/** About how many steps of changes wait in Redis for trackers that were away for a moment; whoever missed more reads everything. */
export const MAX_CHANGES_KEPT = 1_024;
/** The most steps of changes that are read at once. */
export const MAX_CHANGES_READ = 64;
/** How long a tracker that says nothing counts as running, in milliseconds; longer when its steps are further apart. */
export const TRACKER_SILENCE_MS = 5_000;
/** A tracker may also miss this many of its own steps before it counts as gone. */
export const SILENT_STEPS = 4;

const DOCUMENT_BYTES = 32;
const PEER_BYTES = 20;
const NOTE_BYTES = 20;
const BEGINNING = '0-0';
/** A field that no peer has: a tracker without peers has a mark in Redis too. */
const MARK_FIELD = 'tracker';

/** One step of another tracker, by ids in hex. */
export interface TrackerChange {
  readonly tracker: PeerId;
  readonly documents: readonly string[];
  readonly removed: readonly string[];
  /** Removed by somebody's order, whoever holds them. */
  readonly ordered: readonly string[];
  readonly peers: readonly string[];
  /** Written or removed. */
  readonly notes: readonly string[];
  /** Peers that somebody ordered to be forgotten. */
  readonly forgotten: readonly string[];
  /** The tracker ends. */
  readonly isLast: boolean;
}

const ID_FIELDS = {
  documents: DOCUMENT_BYTES,
  removed: DOCUMENT_BYTES,
  ordered: DOCUMENT_BYTES,
  peers: PEER_BYTES,
  notes: NOTE_BYTES,
  forgotten: PEER_BYTES,
};
type IdField = keyof typeof ID_FIELDS;
export type OwnChange = Partial<Record<IdField, readonly Buffer[]>>;

/**
 * What trackers tell each other through one Redis: a stream with the ids of what changed, and for each tracker a hash of
 * the peers that hold a lease there, which goes away by itself when the tracker is silent.
 */
export class TrackerChanges {
  private position = BEGINNING;

  constructor(
    private readonly redis: RedisConnection,
    readonly trackerId: PeerId,
    private readonly prefix: string,
    readonly silenceMs: number,
  ) {}

  /** From now on only what comes is read. */
  async seek(): Promise<void> {
    const redis = await this.redis.connected();
    const [newest] = await redis.xrevrange(this.stream, '+', '-', 'COUNT', 1);
    this.position = newest?.[0] ?? BEGINNING;
  }

  /** Adds to a transaction that the others hear of a change together with it. */
  tell(transaction: RedisTransaction, change: OwnChange, isLast = false): void {
    const fields: (string | Buffer)[] = ['tracker', Buffer.from(this.trackerId, 'hex')];
    for (const [field, ids] of Object.entries(change)) if (ids.length > 0) fields.push(field, Buffer.concat(ids));
    if (isLast) fields.push('last', '1');
    if (fields.length > 2) transaction.xadd(this.stream, 'MAXLEN', '~', MAX_CHANGES_KEPT, '*', ...fields);
  }

  /** What others changed since the last call, and whether some of it is not kept any more. */
  async read(): Promise<{ readonly changes: readonly TrackerChange[]; readonly hasGap: boolean }> {
    const redis = await this.redis.connected();
    const [oldest] = await redis.xrange(this.stream, '-', '+', 'COUNT', 1);
    const hasGap = this.position !== BEGINNING && (oldest === undefined || isBefore(this.position, oldest[0]));
    if (hasGap) return { changes: [], hasGap };
    const answer = (await redis.xreadBuffer('COUNT', MAX_CHANGES_READ, 'STREAMS', this.stream, this.position)) as
      | [Buffer, [Buffer, Buffer[]][]][]
      | null;
    const entries = answer?.[0]?.[1] ?? [];
    const changes = entries.flatMap(([, fields]) => changeOf(fields) ?? []).filter(({ tracker }) => tracker !== this.trackerId);
    this.position = entries.at(-1)?.[0].toString() ?? this.position;
    return { changes, hasGap };
  }

  /** Shows that this tracker runs. @returns false if the others have forgotten its leases */
  async beat(): Promise<boolean> {
    const redis = await this.redis.connected();
    return (await redis.pexpire(this.leasesOf(this.trackerId), this.silenceMs)) === 1;
  }

  /** Says anew that this tracker is there; its leases have to be told again. */
  async enlist(): Promise<void> {
    await this.redis.together((transaction) => {
      transaction.sadd(`${this.prefix}trackers`, this.trackerId);
      transaction.hset(this.leasesOf(this.trackerId), MARK_FIELD, '1');
      transaction.pexpire(this.leasesOf(this.trackerId), this.silenceMs);
    });
  }

  async resign(): Promise<void> {
    await this.redis.together((transaction) => {
      transaction.srem(`${this.prefix}trackers`, this.trackerId);
      transaction.del(this.leasesOf(this.trackerId));
      this.tell(transaction, {}, true);
    });
  }

  /** The other trackers, and for how many milliseconds each counts as running unless it says so again; below 0 for none. */
  async others(): Promise<Map<PeerId, number>> {
    const redis = await this.redis.connected();
    const ids = (await redis.smembers(`${this.prefix}trackers`))
      .filter((id) => id !== this.trackerId && /^[0-9a-f]{40}$/.test(id))
      .map(peerId);
    return new Map(await Promise.all(ids.map(async (id) => [id, await redis.pttl(this.leasesOf(id))] as const)));
  }

  /** A tracker that has been silent for long is listed no more. */
  async strike(tracker: PeerId): Promise<void> {
    await (await this.redis.connected()).srem(`${this.prefix}trackers`, tracker);
  }

  /** Puts and removes leases of this tracker, by ids in hex. */
  async saveLeases(
    entries: readonly (readonly [id: string, value: Buffer])[],
    ended: readonly string[],
    forgotten: readonly string[],
  ): Promise<void> {
    const key = this.leasesOf(this.trackerId);
    const bytes = (id: string) => Buffer.from(id, 'hex');
    await this.redis.together((transaction) => {
      if (entries.length > 0) transaction.hset(key, ...entries.flatMap(([id, value]) => [bytes(id), value]));
      if (ended.length > 0) transaction.hdel(key, ...ended.map(bytes));
      this.tell(transaction, { peers: [...entries.map(([id]) => bytes(id)), ...ended.map(bytes)], forgotten: forgotten.map(bytes) });
    });
  }

  /** Leases of another tracker; null for those that it does not hold. */
  async leases(tracker: PeerId, ids: readonly string[]): Promise<(Buffer | null)[]> {
    const redis = await this.redis.connected();
    return redis.hmgetBuffer(this.leasesOf(tracker), ...ids.map((id) => Buffer.from(id, 'hex')));
  }

  /** All leases of another tracker, in steps. */
  async *allLeases(tracker: PeerId): AsyncGenerator<(readonly [id: string, value: Buffer])[]> {
    const redis = await this.redis.connected();
    for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
      const [next, flat]: [Buffer, Buffer[]] = await redis.hscanBuffer(this.leasesOf(tracker), cursor, 'COUNT', 500);
      cursor = next.toString();
      const entries: [string, Buffer][] = [];
      for (let at = 0; at + 1 < flat.length; at += 2)
        if (flat[at]?.length === PEER_BYTES) entries.push([(flat[at] as Buffer).toString('hex'), flat[at + 1] as Buffer]);
      yield entries;
    }
  }

  private get stream(): string {
    return `${this.prefix}changes`;
  }

  private leasesOf(tracker: PeerId): string {
    return `${this.prefix}leases:${tracker}`;
  }
}

/** @returns undefined for an entry that is not of our making */
function changeOf(fields: readonly Buffer[]): TrackerChange | undefined {
  const named = new Map<string, Buffer>();
  for (let at = 0; at + 1 < fields.length; at += 2) named.set(String(fields[at]), fields[at + 1] as Buffer);
  const tracker = named.get('tracker');
  if (tracker?.length !== PEER_BYTES) return undefined;
  const ids = (field: IdField) => idsOf(named.get(field), ID_FIELDS[field]);
  return {
    tracker: tracker.toString('hex') as PeerId,
    documents: ids('documents'),
    removed: ids('removed'),
    ordered: ids('ordered'),
    peers: ids('peers'),
    notes: ids('notes'),
    forgotten: ids('forgotten'),
    isLast: named.has('last'),
  };
}

function idsOf(bytes: Buffer | undefined, length: number): string[] {
  const digits = bytes?.toString('hex') ?? '';
  return Array.from({ length: Math.floor(digits.length / (2 * length)) }, (_, n) => digits.slice(2 * length * n, 2 * length * (n + 1)));
}

/** Ids of a stream are a moment and a number in it. */
function isBefore(a: string, b: string): boolean {
  const [timeA = 0, numberA = 0] = a.split('-').map(Number);
  const [timeB = 0, numberB = 0] = b.split('-').map(Number);
  return timeA < timeB || (timeA === timeB && numberA < numberB);
}
