import type { EventQueue } from './event-queue.ts';

/** One piece on its way out. */
export interface Shipment {
  readonly to: number;
  readonly requestId: number;
  readonly piece: number;
  readonly bytes: number;
  /** The first of its request. */
  readonly first: boolean;
}

interface Lane {
  readonly waiting: Shipment[];
  head: number;
}

/** How much unused time a rate limit keeps, in ms, as the peer's token bucket does. */
const BURST_MS = 100;
/** Turns per second and bytes per turn of a rate limit, as in the peer's bandwidth. */
const TURNS_PER_SECOND = 10;
const MIN_TURN_BYTES = 16_384;
const MAX_TURN_BYTES = 262_144;

/**
 * What a node sends: those who wait are served in turn, each in the order in which it asked.
 * A link sends one piece at a time at its full rate. A rate limit lets a turn's worth of neighbouring pieces go at once and waits afterwards.
 */
export class Uplink {
  private readonly lanes = new Map<number, Lane>();
  private readonly turn: number[] = [];
  private sending = false;
  private stopped = false;
  /** When it looks again whether a way has become free. */
  private looksAgainAt = Number.POSITIVE_INFINITY;
  /** When the debt of a rate limit is paid. */
  private paidAt = Number.NEGATIVE_INFINITY;
  private readonly turnBytes: number;

  constructor(
    private readonly events: EventQueue,
    /** Bytes per second. */
    private readonly rate: number,
    private readonly limited: boolean,
    /** When the way to a node takes more. */
    private readonly readyAt: (to: number) => number,
    /** The first byte of a request leaves. */
    private readonly begins: (shipment: Shipment) => void,
    /** The last byte of a piece has left. */
    private readonly sent: (shipment: Shipment) => void,
  ) {
    this.turnBytes = limited ? Math.max(MIN_TURN_BYTES, Math.min(MAX_TURN_BYTES, rate / TURNS_PER_SECOND)) : 0;
  }

  add(shipment: Shipment): void {
    let lane = this.lanes.get(shipment.to);
    if (!lane) {
      lane = { waiting: [], head: 0 };
      this.lanes.set(shipment.to, lane);
      this.turn.push(shipment.to);
    }
    lane.waiting.push(shipment);
  }

  /** Forgets what has not left yet, of one request or of all of a receiver. A piece that is half sent goes on. */
  cancel(to: number, requestId?: number): void {
    const lane = this.lanes.get(to);
    if (!lane) return;
    const kept = requestId === undefined ? [] : lane.waiting.slice(lane.head).filter((shipment) => shipment.requestId !== requestId);
    lane.waiting.splice(0, lane.waiting.length, ...kept);
    lane.head = 0;
  }

  clear(): void {
    this.lanes.clear();
    this.turn.length = 0;
  }

  stop(): void {
    this.stopped = true;
  }

  /** Sends what waits. */
  goOn(): void {
    this.stopped = false;
    this.next();
  }

  /** Sends what was added, unless it is busy or stopped. */
  next(): void {
    if (this.sending || this.stopped) return;
    const shipments = this.takeTurn();
    if (!shipments) return;
    this.sending = true;
    for (const shipment of shipments) if (shipment.first) this.begins(shipment);
    const { now } = this.events;
    const bytes = shipments.reduce((sum, shipment) => sum + shipment.bytes, 0);
    const transmissionMs = (bytes * 1_000) / this.rate;
    if (!this.limited) {
      this.events.after(transmissionMs, () => this.leave(shipments, true));
      return;
    }
    this.paidAt = Math.max(this.paidAt, now - BURST_MS) + transmissionMs;
    // A piece that is longer than a turn goes in several, of which the first goes at once.
    this.events.after(Math.max(0, ((bytes - this.turnBytes) * 1_000) / this.rate), () => this.leave(shipments, false));
    this.events.schedule(this.paidAt, () => this.free());
  }

  private leave(shipments: readonly Shipment[], free: boolean): void {
    for (const shipment of shipments) this.sent(shipment);
    if (free) this.free();
  }

  private free(): void {
    this.sending = false;
    this.next();
  }

  /** Whose way is full waits without losing its turn. */
  private takeTurn(): Shipment[] | undefined {
    let soonest = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.turn.length; ) {
      const to = this.turn[place] as number;
      const lane = this.lanes.get(to) as Lane;
      const shipment = lane.waiting[lane.head];
      if (!shipment) {
        this.lanes.delete(to);
        this.turn.splice(place, 1);
        continue;
      }
      const readyAt = this.readyAt(to);
      if (readyAt > this.events.now) {
        soonest = Math.min(soonest, readyAt);
        place++;
        continue;
      }
      lane.head++;
      this.turn.splice(place, 1);
      this.turn.push(to);
      return this.limited ? this.withNeighbours(shipment, lane) : [shipment];
    }
    this.lookAgain(soonest);
    return undefined;
  }

  private lookAgain(at: number): void {
    if (at >= this.looksAgainAt) return;
    this.looksAgainAt = at;
    this.events.schedule(at, () => {
      if (this.looksAgainAt !== at) return;
      this.looksAgainAt = Number.POSITIVE_INFINITY;
      this.next();
    });
  }

  /** A turn is read from the disk as one run of bytes, so only pieces that follow each other share it. */
  private withNeighbours(first: Shipment, lane: Lane): Shipment[] {
    const taken = [first];
    let { bytes, piece } = first;
    for (;;) {
      const next = lane.waiting[lane.head];
      if (!next || next.requestId !== first.requestId || next.piece !== piece + 1 || bytes + next.bytes > this.turnBytes) return taken;
      lane.head++;
      taken.push(next);
      bytes += next.bytes;
      piece = next.piece;
    }
  }
}
