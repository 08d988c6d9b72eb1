import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { addressBytes, type Endpoint } from '@pageswarm/primitives';
import { BatchSocket, MAX_BATCH_DATAGRAMS } from './batch-socket.ts';
import type { DatagramAnswerer } from './datagram-answerer.ts';
import { loadSystemCalls, type SystemCalls } from './system-calls.ts';

/** The most datagrams that are taken in batches before the event loop does other things. */
export const MAX_TURN_DATAGRAMS = 256;

export interface DatagramServerOptions {
  readonly answer: DatagramAnswerer;
  /** Room that `answer` is given, in bytes. */
  readonly maxAnswerBytes: number;
  readonly onError: (error: Error) => void;
  /** How to reach the calls of the system; undefined if it has none. */
  readonly systemCalls?: () => Promise<SystemCalls | undefined>;
}

/**
 * A UDP server. Node wakes it for the first datagram; those that wait behind it are taken and answered in batches where
 * the system has calls for that, and one by one elsewhere.
 */
export class DatagramServer {
  private socket: Socket | undefined;
  private batches: BatchSocket | undefined;
  private takenThisTurn = 0;
  private out: Buffer;
  /** Beginnings of `out` by their length, for there are few lengths and a view costs as much as the answer. */
  private beginnings: (Buffer | undefined)[] = [];
  /** The address that was read last: clients ask several times in a row. */
  private sender: { readonly text: string; readonly bytes: Buffer | undefined } = { text: '', bytes: undefined };

  constructor(
    private readonly endpoint: Endpoint,
    private readonly options: DatagramServerOptions,
  ) {
    this.out = Buffer.alloc(options.maxAnswerBytes);
  }

  /** The port that it listens on; undefined while it does not. */
  get port(): number | undefined {
    return this.socket?.address().port;
  }

  get takesBatches(): boolean {
    return this.batches !== undefined;
  }

  /** @throws Error with code EADDRINUSE, EACCES, EADDRNOTAVAIL, ENOTFOUND or what else the system says */
  async start(): Promise<void> {
    const { host, port } = this.endpoint;
    const family = host.includes(':') ? 6 : 4;
    const { address } = await lookup(host, { family });
    const batches = await this.openBatches(address);
    // Answers go to addresses, never to names. Looking one up would cost a turn of the event loop.
    const socket = createSocket({ type: `udp${family}`, lookup: (known, _, found) => found(null, known, family) });
    try {
      const listening = once(socket, 'listening');
      if (batches) socket.bind({ fd: batches.descriptor });
      else socket.bind(port, address);
      await listening;
    } catch (error) {
      batches?.close();
      throw error;
    }
    socket.on('error', this.options.onError);
    socket.on('message', (packet, from) => this.receive(socket, packet, from));
    this.socket = socket;
    this.batches = batches;
  }

  async stop(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    // Node closes the descriptor, and its number may be given to something else.
    this.batches = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(resolve));
  }

  private async openBatches(address: string): Promise<BatchSocket | undefined> {
    const bytes = addressBytes(address);
    // An IPv4 address written as IPv6, and one of a link, are left to Node.
    if (!bytes || address.includes('%') || (bytes.length === 4) === address.includes(':')) return undefined;
    const calls = await (this.options.systemCalls ?? loadSystemCalls)();
    return calls && BatchSocket.open(calls, bytes, this.endpoint.port, this.options.maxAnswerBytes);
  }

  private receive(socket: Socket, packet: Buffer, from: RemoteInfo): void {
    this.answer(socket, packet, from);
    const { batches } = this;
    if (batches) this.answerBatches(batches);
  }

  private answer(socket: Socket, packet: Buffer, { address, port }: RemoteInfo): void {
    const sender = this.bytesOf(address);
    // A sender whose port is 0 cannot be answered.
    if (!sender || port === 0) return;
    const length = this.options.answer(packet, sender, this.out);
    if (length === 0) return;
    socket.send(this.beginning(length), port, address);
    // An answer that the system did not take at once is sent later, out of this buffer: the next one needs another.
    if (socket.getSendQueueCount() === 0) return;
    this.out = Buffer.alloc(this.options.maxAnswerBytes);
    this.beginnings = [];
  }

  private answerBatches(batches: BatchSocket): void {
    while (this.takenThisTurn < MAX_TURN_DATAGRAMS) {
      const taken = batches.answerWaiting(this.options.answer);
      if (taken > 0 && this.takenThisTurn === 0) setImmediate(this.endTurn);
      this.takenThisTurn += taken;
      // Node looks for itself whether more came meanwhile.
      if (taken < MAX_BATCH_DATAGRAMS) return;
    }
  }

  private readonly endTurn = (): void => {
    this.takenThisTurn = 0;
  };

  private bytesOf(text: string): Buffer | undefined {
    if (text !== this.sender.text) this.sender = { text, bytes: addressBytes(text) };
    return this.sender.bytes;
  }

  private beginning(length: number): Buffer {
    this.beginnings[length] ??= this.out.subarray(0, length);
    return this.beginnings[length];
  }
}
