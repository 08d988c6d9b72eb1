import type { Socket } from 'node:net';
import type { Measurement } from './bench.ts';

/** Bytes of one frame of every byte stream that the transport benchmark compares. */
export const BENCH_CHUNK_BYTES = 65_536;

export interface BenchPorts {
  /** Bare bytes. */
  readonly bytes: number;
  /** Bare length-prefixed JSON echo. */
  readonly echo: number;
  readonly swarm: number;
  /** Nest's TCP transport. */
  readonly tcp: number;
}

/** What the measuring process tells: a line of progress, or the end. */
export interface BenchReport {
  readonly line?: string;
  readonly measurements?: Measurement[];
}

/** The least that a JSON protocol can do: four length bytes and a text, with what is ready together written together. */
export class LengthPrefixed {
  private input: Buffer = Buffer.alloc(0);
  private output: Buffer[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly onMessage: (message: { id: number }) => void,
  ) {
    socket.on('data', (chunk: Buffer) => this.receive(chunk));
  }

  send(message: unknown): void {
    const text = JSON.stringify(message);
    const frame = Buffer.allocUnsafe(4 + Buffer.byteLength(text));
    frame.writeUInt32BE(frame.length - 4);
    frame.write(text, 4);
    if (this.output.push(frame) > 1) return;
    process.nextTick(() => {
      this.socket.write(Buffer.concat(this.output));
      this.output = [];
    });
  }

  private receive(chunk: Buffer): void {
    this.input = this.input.length > 0 ? Buffer.concat([this.input, chunk]) : chunk;
    let at = 0;
    while (this.input.length - at >= 4) {
      const end = at + 4 + this.input.readUInt32BE(at);
      if (end > this.input.length) break;
      this.onMessage(JSON.parse(this.input.toString('utf8', at + 4, end)));
      at = end;
    }
    this.input = this.input.subarray(at);
  }
}
