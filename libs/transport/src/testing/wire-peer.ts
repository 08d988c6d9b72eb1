import { createHmac, randomBytes } from 'node:crypto';
import { connect as connectTcp, createServer, type Socket } from 'node:net';
import type { Endpoint } from '@pageswarm/primitives';
import { encodeFrame, encodePreface, FrameDecoder, FrameType, frameTypeName, PrefaceReader, type VersionRange } from '@pageswarm/wire';
import { DEFAULT_LIMITS } from '../index.ts';

export interface SeenFrame {
  readonly name: string;
  readonly flags: number;
  readonly streamId: number;
  readonly auxiliary: number;
  readonly payload: Buffer;
}

/** An end that speaks frames by hand, and can therefore lie. It reads nothing on its own beyond what frames say. */
export class WirePeer {
  readonly frames: SeenFrame[] = [];
  /** What the other end said when it closed. */
  goAway: { code: string; detail: string } | undefined;
  isClosed = false;
  /** Payload bytes of the DATA frames that came, as their headers say. */
  readonly dataLengths: number[] = [];
  private versions: VersionRange | undefined;
  private dataStream = 0;
  private wakers: (() => void)[] = [];

  constructor(readonly socket: Socket) {
    const preface = new PrefaceReader();
    const decoder = new FrameDecoder({
      frame: (type, flags, streamId, auxiliary, payload) => this.see(type, flags, streamId, auxiliary, payload),
      dataStart: (streamId, _flags, length) => {
        this.dataStream = streamId;
        this.dataLengths.push(length);
      },
      dataChunk: (chunk) => this.see(FrameType.DATA, 0, this.dataStream, 0, chunk),
    });
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      const rest = this.versions ? chunk : preface.push(chunk);
      this.versions ??= preface.versions;
      decoder.push(rest);
    });
    socket.on('end', () => socket.end());
    socket.on('close', () => {
      this.isClosed = true;
      this.wake();
    });
  }

  static async connect({ host, port }: Endpoint): Promise<WirePeer> {
    const socket = connectTcp({ host, port });
    await new Promise((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return new WirePeer(socket);
  }

  send(type: FrameType, payload: Uint8Array | string = '', fields: { flags?: number; streamId?: number; auxiliary?: number } = {}): void {
    this.socket.write(encodeFrame(type, payload, fields));
  }

  /** Preface and HELLO; returns the bytes. */
  sendOpening({ nonce = randomBytes(32).toString('hex'), key = false, limits = {}, versions }: OpeningOptions = {}): Buffer {
    const { streamWindowBytes, maxStreams, maxJsonBytes, maxDataBytes } = { ...DEFAULT_LIMITS, ...limits };
    const hello = {
      nonce,
      authentication: key ? 'swarm-key' : 'none',
      features: [],
      limits: { streamWindowBytes, maxStreams, maxJsonBytes, maxDataBytes },
    };
    const bytes = Buffer.concat([encodePreface(versions), encodeFrame(FrameType.HELLO, JSON.stringify(hello))]);
    this.socket.write(bytes);
    return bytes;
  }

  sendReady(identity: unknown = { peerId: 'c'.repeat(40), role: 'tool' }): void {
    this.send(FrameType.READY, JSON.stringify(identity));
  }

  /** The whole handshake of a connector without a key. */
  async shakeHands(options: OpeningOptions = {}): Promise<this> {
    this.sendOpening(options);
    await this.frame('READY');
    this.sendReady();
    return this;
  }

  request(streamId: number, pattern: string, data: unknown = null, fields: { flags?: number; auxiliary?: number } = {}): void {
    this.send(FrameType.REQUEST, JSON.stringify({ pattern, data }), { ...fields, streamId });
  }

  /** Waits for a frame, also one that has come already. */
  async frame(name: string, streamId?: number): Promise<SeenFrame> {
    for (;;) {
      const found = this.frames.find((seen) => seen.name === name && (streamId === undefined || seen.streamId === streamId));
      if (found) return found;
      if (this.isClosed) throw new Error(`Closed without ${name}; the last words were ${JSON.stringify(this.goAway)}`);
      await this.change();
    }
  }

  /** Waits until the other end has closed, and says with which code. */
  async closed(): Promise<string | undefined> {
    while (!this.isClosed) await this.change();
    return this.goAway?.code;
  }

  private see(type: FrameType, flags: number, streamId: number, auxiliary: number, payload: Buffer): void {
    if (type === FrameType.GO_AWAY) this.goAway = JSON.parse(payload.toString());
    this.frames.push({ name: frameTypeName(type), flags, streamId, auxiliary, payload });
    this.wake();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.wakers.push(resolve));
  }

  private wake(): void {
    for (const wake of this.wakers.splice(0)) wake();
  }
}

export interface OpeningOptions {
  readonly nonce?: string;
  readonly key?: boolean;
  readonly limits?: Partial<typeof DEFAULT_LIMITS>;
  readonly versions?: VersionRange;
}

/** The proof of a connector, computed as the protocol document says. */
export function connectorProof(key: string, connectorOpening: Buffer, acceptorOpening: Buffer): Buffer {
  return createHmac('sha256', key).update('pageswarm 1 connector\n').update(connectorOpening).update(acceptorOpening).digest();
}

/** A server that hands every socket to `serve`. Returns its endpoint and how to close it. */
export async function listenByHand(serve: (socket: Socket) => void): Promise<{ endpoint: Endpoint; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    endpoint: { host: '127.0.0.1', port: (server.address() as { port: number }).port },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
