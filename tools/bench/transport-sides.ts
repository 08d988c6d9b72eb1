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

/** Seconds of CPU that both processes have used so far. */
export interface CpuMeter {
  read(): Promise<{ readonly own: number; readonly theirs: number }>;
}

/** Seconds of CPU that this process has used. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** So many bytes are written at once, so that the other end works meanwhile; the rest of a turn leaves at its end. */
const EARLY_BYTES = 4_096;

/** The least that a JSON protocol can do: four length bytes and a text, with what is ready together written together. */
export class LengthPrefixed {
  private input: Buffer = Buffer.alloc(0);
  private output: Buffer[] = [];
  private outputBytes = 0;
  private isScheduled = false;

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
    this.output.push(frame);
    this.outputBytes += frame.length;
    if (this.outputBytes >= EARLY_BYTES) this.flush();
    else if (!this.isScheduled) {
      this.isScheduled = true;
      process.nextTick(() => {
        this.isScheduled = false;
        this.flush();
      });
    }
  }

  private flush(): void {
    if (this.outputBytes === 0) return;
    this.socket.write(Buffer.concat(this.output, this.outputBytes));
    this.output = [];
    this.outputBytes = 0;
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
