/** Auxiliary numbers from here on mark PINGs of the pacer; those below belong to the heartbeat. */
export const FIRST_MARKER = 0x8000_0000;
/** What may be under way before anything is known about the path, in bytes. */
const FIRST_ALLOWANCE_BYTES = 262_144;
/** What may always be under way, in bytes: a slow path is kept busy, and control frames wait behind no more. */
const LEAST_ALLOWANCE_BYTES = 131_072;
/** What may be under way at most, in bytes: more than any path that this was made for carries. */
const MOST_ALLOWANCE_BYTES = 67_108_864;
/** A marker follows at least and at most so many bytes. */
const LEAST_MARKER_BYTES = 65_536;
const MOST_MARKER_BYTES = 2_097_152;
/** What may stand in queues on top of the empty path's round trip, in ms. */
const SLACK_MS = 2;
/** More than the path carries is under way, so that a faster path is noticed. */
const GAIN = 2;
/** The best of so many rates counts: short stalls of a machine do not make a path slow. */
const RATES = 32;

interface Marker {
  readonly number: number;
  readonly sentBytes: number;
  readonly at: number;
  /** What was acknowledged when the marker left, and when that was known. */
  readonly ackedBytes: number;
  readonly ackedAt: number;
  /** True if the sender had all the path could carry. */
  readonly isFull: boolean;
}

/**
 * Bounds how many data bytes are under way between the two programs. Kernels buffer tens of megabytes per connection, and
 * a PING or an answer has to wait behind them, so the queue belongs where control frames can overtake it. Markers (PINGs
 * between the data) tell the rate and the round trip of the path; twice what it carries in one round trip, and 2 ms more,
 * may be under way.
 */
export class Pacer {
  private sentBytes = 0;
  private ackedBytes = 0;
  private ackedAt: number;
  private markedBytes = 0;
  private isFull = false;
  private allowance = FIRST_ALLOWANCE_BYTES;
  private minRoundTripMs = Number.POSITIVE_INFINITY;
  private nextNumber = FIRST_MARKER;
  private readonly markers: Marker[] = [];
  private readonly rates = new Float64Array(RATES);
  private rateIndex = 0;

  /** @param now milliseconds that never run backwards */
  constructor(private readonly now: () => number = () => performance.now()) {
    this.ackedAt = now();
  }

  /** True while more data may be sent. */
  get isOpen(): boolean {
    return this.sentBytes - this.ackedBytes < this.allowance;
  }

  /** The bytes that may be under way now. */
  get allowanceBytes(): number {
    return this.allowance;
  }

  /** A round trip was measured some other way: in the handshake, before data could delay it. */
  roundTrip(ms: number): void {
    this.minRoundTripMs = Math.min(this.minRoundTripMs, ms);
  }

  /** Data was handed to the socket. `hasMore` if there was more to send. */
  sent(bytes: number, hasMore: boolean): void {
    this.sentBytes += bytes;
    this.isFull = hasMore;
  }

  /** The number of the marker that should follow what was sent, or 0 for none. */
  takeMarker(): number {
    const unmarked = this.sentBytes - this.markedBytes;
    const isDue = unmarked >= Math.min(MOST_MARKER_BYTES, Math.max(LEAST_MARKER_BYTES, this.allowance / 4));
    // Nothing would ever open a closed pacer without a marker under way.
    const isNeeded = unmarked > 0 && !this.isOpen && this.markers.length === 0;
    if (!isDue && !isNeeded) return 0;
    this.markedBytes = this.sentBytes;
    const number = this.nextNumber;
    this.nextNumber = number === 0xffff_ffff ? FIRST_MARKER : number + 1;
    const { sentBytes, ackedBytes, ackedAt, isFull } = this;
    this.markers.push({ number, sentBytes, at: this.now(), ackedBytes, ackedAt, isFull });
    return number;
  }

  /** The PONG of a marker came. */
  acknowledged(number: number): void {
    const index = this.markers.findIndex((marker) => marker.number === number);
    if (index < 0) return;
    const marker = this.markers[index] as Marker;
    this.markers.splice(0, index + 1);
    const now = this.now();
    this.roundTrip(now - marker.at);
    this.ackedBytes = marker.sentBytes;
    this.ackedAt = now;
    this.learn((marker.sentBytes - marker.ackedBytes) / Math.max(0.01, now - marker.ackedAt), marker.isFull);
  }

  /** @param rate bytes per ms that the path delivered between the marker's leave and its return */
  private learn(rate: number, isFull: boolean): void {
    let best = Math.max(...this.rates);
    // A sender that had little to send says nothing about the path, unless it was faster than was known.
    if (!isFull && rate < best) return;
    this.rates[this.rateIndex] = rate;
    this.rateIndex = (this.rateIndex + 1) % RATES;
    best = Math.max(...this.rates);
    const wanted = GAIN * best * (this.minRoundTripMs + SLACK_MS);
    this.allowance = Math.min(MOST_ALLOWANCE_BYTES, Math.max(LEAST_ALLOWANCE_BYTES, wanted));
  }
}
