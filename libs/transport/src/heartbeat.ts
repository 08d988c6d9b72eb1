import type { TransportLimits } from './limits.ts';
import { FIRST_MARKER } from './pacer.ts';

/** The most PINGs that may wait for their PONG; further ones replace the oldest. */
const MAX_OPEN_PINGS = 16;

export interface HeartbeatOwner {
  sendPing(sequence: number): void;
  /** Nothing was heard for the heartbeat time. */
  silent(): void;
  roundTrip(ms: number): void;
  /** Called with every beat, to close what is idle. */
  beat(now: number): void;
}

/** Asks for signs of life, measures round trips and notices a connection that is dead without having been closed. */
export class Heartbeat {
  /** The last round trip in ms. */
  lastMs: number | undefined;
  /** The shortest round trip in ms. */
  minMs: number | undefined;
  private lastHeard = performance.now();
  private lastPing = performance.now();
  private lastBeat = performance.now();
  private periodMs = 0;
  private sequence = 0;
  private readonly open = new Map<number, { at: number; resolve?: (ms: number) => void }>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly limits: TransportLimits,
    private readonly owner: HeartbeatOwner,
    /** The connector pings at every beat to keep the round trip known, the acceptor only into silence. */
    private readonly isEager: boolean,
  ) {}

  start(): void {
    const { heartbeatIntervalMs, heartbeatTimeoutMs, idleTimeoutMs } = this.limits;
    const periods = [heartbeatIntervalMs, heartbeatTimeoutMs, idleTimeoutMs].filter((ms) => ms > 0);
    if (periods.length === 0) return;
    this.periodMs = Math.max(1, Math.min(...periods) / 2);
    this.timer = setInterval(() => this.beat(), this.periodMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
    this.open.clear();
  }

  /** Any byte is a sign of life. */
  heard(): void {
    this.lastHeard = performance.now();
  }

  /** Sends a PING; `resolve` is called with the round trip, never if the connection ends first. Returns how to forget it. */
  ping(resolve?: (ms: number) => void): () => void {
    this.sequence = (this.sequence + 1) % FIRST_MARKER;
    const { sequence } = this;
    const oldest = this.open.keys().next();
    if (this.open.size >= MAX_OPEN_PINGS && !oldest.done) this.open.delete(oldest.value);
    this.open.set(sequence, { at: performance.now(), resolve });
    this.owner.sendPing(sequence);
    return () => this.open.delete(sequence);
  }

  pong(sequence: number): void {
    const ping = this.open.get(sequence);
    if (!ping) return;
    this.open.delete(sequence);
    const ms = performance.now() - ping.at;
    this.lastMs = ms;
    this.minMs = Math.min(ms, this.minMs ?? ms);
    this.owner.roundTrip(ms);
    ping.resolve?.(ms);
  }

  private beat(): void {
    const now = performance.now();
    const { heartbeatIntervalMs, heartbeatTimeoutMs } = this.limits;
    // A process that was held up itself has not heard what waits in its sockets; it must not blame the others.
    const wasHeldUp = now - this.lastBeat > this.periodMs * 2;
    this.lastBeat = now;
    if (heartbeatTimeoutMs > 0 && now - this.lastHeard > heartbeatTimeoutMs && !wasHeldUp) {
      this.owner.silent();
      return;
    }
    const since = this.isEager ? this.lastPing : this.lastHeard;
    if (heartbeatIntervalMs > 0 && now - since >= heartbeatIntervalMs * 0.9) {
      this.lastPing = now;
      this.ping();
    }
    this.owner.beat(now);
  }
}
