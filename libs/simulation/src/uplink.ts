import type { EventQueue } from './event-queue.ts';

/** One piece on its way out. */
export interface Shipment {
  readonly to: number;
  readonly requestId: number;
  readonly piece: number;
  readonly bytes: number;
}

interface Lane {
  readonly waiting: Shipment[];
  head: number;
}

/** What a node sends: one piece at a time at its full rate, those who wait served in turn, each in the order in which it asked. */
export class Uplink {
  private readonly lanes = new Map<number, Lane>();
  private readonly turn: number[] = [];
  private sending = false;
  private stopped = false;

  constructor(
    private readonly events: EventQueue,
    /** Bytes per second. */
    private readonly rate: number,
    /** The last byte of a piece has left. */
    private readonly sent: (shipment: Shipment) => void,
  ) {}

  add(shipment: Shipment): void {
    let lane = this.lanes.get(shipment.to);
    if (!lane) {
      lane = { waiting: [], head: 0 };
      this.lanes.set(shipment.to, lane);
      this.turn.push(shipment.to);
    }
    lane.waiting.push(shipment);
    this.next();
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

  goOn(): void {
    this.stopped = false;
    this.next();
  }

  private next(): void {
    if (this.sending || this.stopped) return;
    const shipment = this.takeTurn();
    if (!shipment) return;
    this.sending = true;
    this.events.schedule(this.events.now + (shipment.bytes * 1_000) / this.rate, () => {
      this.sending = false;
      this.sent(shipment);
      this.next();
    });
  }

  private takeTurn(): Shipment | undefined {
    for (let to = this.turn.shift(); to !== undefined; to = this.turn.shift()) {
      const lane = this.lanes.get(to) as Lane;
      const shipment = lane.waiting[lane.head++];
      if (!shipment) {
        this.lanes.delete(to);
        continue;
      }
      this.turn.push(to);
      return shipment;
    }
    return undefined;
  }
}
