import { agreeVersion, encodePreface, type FrameType, PrefaceReader } from '@pageswarm/wire';
import { Handshake, type HandshakeOptions, type HandshakeResult, type Side } from './handshake.ts';
import type { NodeIdentity } from './node-identity.ts';
import type { WriteQueue } from './write-queue.ts';

export interface OpeningOptions extends HandshakeOptions {
  readonly side: Side;
  /** Checks the other end before the connection counts as open. @throws PageSwarmError to refuse it */
  readonly accept?: (remote: NodeIdentity) => void;
}

/** The first words of a connection: its preface and its handshake, until both ends know each other. */
export class Opening {
  /** Who is at the other end and what it takes; known once the handshake is done. */
  result: HandshakeResult | undefined;
  private readonly handshake: Handshake;
  private readonly preface = new PrefaceReader();
  private isPrefaceRead = false;
  private isSent = false;
  private sentAt: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly options: OpeningOptions,
    private readonly queue: WriteQueue,
  ) {
    this.handshake = new Handshake(options);
  }

  /** The time that the handshake may take, in ms. */
  get timeoutMs(): number {
    const { side, limits } = this.options;
    return side === 'connector' ? limits.connectTimeoutMs : limits.handshakeTimeoutMs;
  }

  /** Starts the clock, and speaks first if this end has to. */
  begin(late: () => void): void {
    this.timer = setTimeout(late, this.timeoutMs);
    if (this.options.side === 'connector') this.send();
  }

  /** Takes what belongs to the preface and returns the rest. @throws PageSwarmError HANDSHAKE_FAILED or PROTOCOL_VERSION */
  withoutPreface(chunk: Buffer): Buffer {
    if (this.isPrefaceRead) return chunk;
    const rest = this.preface.push(chunk);
    const { versions } = this.preface;
    if (!versions) return rest;
    this.isPrefaceRead = true;
    agreeVersion(versions);
    return rest;
  }

  /** Takes a frame of the handshake and answers it. Returns true when the handshake is done. @throws PageSwarmError */
  receive(type: FrameType, payload: Buffer): boolean {
    const preface = encodePreface(this.preface.versions);
    // The other end answers what this end sent last, so the handshake tells the round trip of the path.
    if (this.sentAt !== undefined) this.queue.pacer.roundTrip(performance.now() - this.sentAt);
    this.sentAt = undefined;
    const { send, result } = this.handshake.receive(type, payload, preface);
    if (result) this.options.accept?.(result.remote);
    if (!this.isSent) this.send();
    for (const frame of send) this.queue.raw(frame);
    if (!result) return false;
    this.stop();
    this.result = result;
    return true;
  }

  /** The other end is to be told why the connection ends: at least a preface has to go before that. */
  sendPreface(): void {
    if (!this.isSent) this.queue.raw(encodePreface());
    this.isSent = true;
  }

  /** Stops the clock. */
  stop(): void {
    clearTimeout(this.timer);
  }

  private send(): void {
    this.isSent = true;
    this.sentAt = performance.now();
    this.queue.raw(this.handshake.opening);
  }
}
