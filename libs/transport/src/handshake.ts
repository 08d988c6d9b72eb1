import { createHmac, timingSafeEqual } from 'node:crypto';
import { isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import { encodeFrame, encodePreface, FrameType, frameTypeName } from '@pageswarm/wire';
import { MIN_JSON_BYTES, MIN_WINDOW_BYTES, type TransportLimits } from './limits.ts';
import { type NodeIdentity, parseIdentity } from './node-identity.ts';

/** Bytes of the random number that makes every handshake another. */
export const NONCE_BYTES = 32;

/** The end that opened the connection, and the end that accepted it. */
export type Side = 'connector' | 'acceptor';

/** What the other end allows this one. */
export interface PeerLimits {
  readonly streamWindowBytes: number;
  readonly maxStreams: number;
  readonly maxJsonBytes: number;
  readonly maxDataBytes: number;
}

/** Optional abilities; both ends use those that both name. */
export const FEATURES: readonly string[] = [];

interface Hello {
  readonly nonce: string;
  readonly authentication: 'none' | 'swarm-key';
  readonly features: readonly string[];
  readonly limits: PeerLimits;
}

export interface HandshakeOptions {
  readonly side: Side;
  readonly identity: NodeIdentity;
  /** 32 fresh random bytes. */
  readonly nonce: Uint8Array;
  readonly limits: TransportLimits;
  readonly swarmKey?: string;
}

export interface HandshakeResult {
  readonly remote: NodeIdentity;
  readonly peerLimits: PeerLimits;
  readonly features: readonly string[];
}

/**
 * The opening conversation as a state machine without I/O: frames in, frames out. Nothing but the nonce, the abilities and
 * the limits is told before the other end has proved that it knows the swarm key; the connector proves first.
 */
export class Handshake {
  /** Preface and HELLO of this end, as sent. */
  readonly opening: Buffer;
  private remoteOpening: Buffer | undefined;
  private hello: Hello | undefined;
  private expected: FrameType = FrameType.HELLO;

  constructor(private readonly options: HandshakeOptions) {
    const { limits, nonce } = options;
    const hello: Hello = {
      nonce: Buffer.from(nonce).toString('hex'),
      authentication: this.ownAuthentication,
      features: FEATURES,
      limits: {
        streamWindowBytes: limits.streamWindowBytes,
        maxStreams: limits.maxStreams,
        maxJsonBytes: limits.maxJsonBytes,
        maxDataBytes: limits.maxDataBytes,
      },
    };
    this.opening = Buffer.concat([encodePreface(), encodeFrame(FrameType.HELLO, JSON.stringify(hello))]);
  }

  /**
   * Takes a frame of the other end. `send` goes out at once; `result` is there when the handshake is done.
   * @param remotePreface the preface that came before the first frame
   * @throws PageSwarmError HANDSHAKE_FAILED or PROTOCOL_ERROR
   */
  receive(type: FrameType, payload: Buffer, remotePreface: Buffer): { send: Buffer[]; result?: HandshakeResult } {
    if (type !== this.expected)
      throw new PageSwarmError('PROTOCOL_ERROR', `The handshake expects ${frameTypeName(this.expected)}, got ${frameTypeName(type)}`);
    if (type === FrameType.HELLO) return { send: this.receiveHello(payload, remotePreface) };
    if (type === FrameType.PROOF) return { send: this.receiveProof(payload) };
    return this.receiveReady(payload);
  }

  private get ownAuthentication(): Hello['authentication'] {
    return this.options.swarmKey === undefined ? 'none' : 'swarm-key';
  }

  private receiveHello(payload: Buffer, remotePreface: Buffer): Buffer[] {
    this.hello = parseHello(payload);
    this.remoteOpening = Buffer.concat([remotePreface, encodeFrame(FrameType.HELLO, payload)]);
    if (this.hello.authentication !== this.ownAuthentication)
      throw new PageSwarmError('HANDSHAKE_FAILED', 'One end has a swarm key and the other has none');
    const isConnector = this.options.side === 'connector';
    if (this.options.swarmKey === undefined) {
      this.expected = FrameType.READY;
      return isConnector ? [] : [this.ready()];
    }
    this.expected = FrameType.PROOF;
    return isConnector ? [encodeFrame(FrameType.PROOF, this.proof('connector'))] : [];
  }

  private receiveProof(payload: Buffer): Buffer[] {
    const isConnector = this.options.side === 'connector';
    const wanted = this.proof(isConnector ? 'acceptor' : 'connector');
    if (payload.length !== wanted.length || !timingSafeEqual(payload, wanted))
      throw new PageSwarmError('HANDSHAKE_FAILED', 'The swarm keys differ');
    this.expected = FrameType.READY;
    return isConnector ? [] : [encodeFrame(FrameType.PROOF, this.proof('acceptor')), this.ready()];
  }

  private receiveReady(payload: Buffer): { send: Buffer[]; result: HandshakeResult } {
    const hello = this.hello as Hello;
    let remote: NodeIdentity;
    try {
      remote = parseIdentity(JSON.parse(payload.toString()));
    } catch (cause) {
      throw new PageSwarmError('HANDSHAKE_FAILED', 'The other end does not say who it is', { cause });
    }
    return {
      send: this.options.side === 'connector' ? [this.ready()] : [],
      result: { remote, peerLimits: hello.limits, features: hello.features.filter((name) => FEATURES.includes(name)) },
    };
  }

  private ready(): Buffer {
    const { peerId, role } = this.options.identity;
    return encodeFrame(FrameType.READY, JSON.stringify({ peerId, role }));
  }

  /** HMAC-SHA256 under the key over a label of the prover's side and both openings; a replay fails on the fresh nonces. */
  private proof(prover: Side): Buffer {
    const [connector, acceptor] =
      this.options.side === 'connector' ? [this.opening, this.remoteOpening] : [this.remoteOpening, this.opening];
    return createHmac('sha256', this.options.swarmKey as string)
      .update(`pageswarm 1 ${prover}\n`)
      .update(connector as Buffer)
      .update(acceptor as Buffer)
      .digest();
  }
}

function parseHello(payload: Buffer): Hello {
  try {
    const { nonce, authentication, features, limits } = JSON.parse(payload.toString()) as Hello;
    if (!/^[0-9a-f]{64}$/.test(nonce)) throw new TypeError('no nonce');
    if (authentication !== 'none' && authentication !== 'swarm-key') throw new TypeError('unknown authentication');
    if (!Array.isArray(features)) throw new TypeError('no features');
    const { streamWindowBytes, maxStreams, maxJsonBytes, maxDataBytes } = limits;
    demandLimit('streamWindowBytes', streamWindowBytes, MIN_WINDOW_BYTES);
    demandLimit('maxStreams', maxStreams, 1);
    demandLimit('maxJsonBytes', maxJsonBytes, MIN_JSON_BYTES);
    demandLimit('maxDataBytes', maxDataBytes, MIN_WINDOW_BYTES);
    return { nonce, authentication, features, limits: { streamWindowBytes, maxStreams, maxJsonBytes, maxDataBytes } };
  } catch (cause) {
    if (isPageSwarmError(cause)) throw cause;
    throw new PageSwarmError('HANDSHAKE_FAILED', 'The HELLO of the other end cannot be read', { cause });
  }
}

function demandLimit(name: string, value: unknown, least: number): void {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > 0xffff_ffff)
    throw new PageSwarmError('HANDSHAKE_FAILED', `The limit ${name} in HELLO must be a whole number from ${least}`);
}
