import type { OnReadOpts } from 'node:net';
import { ReceiveMemory } from './receive-memory.ts';

/** The reads of a socket that is made with {@link onread}: they come as chunks in memory of ours, and never as `data` events. */
export class SocketReads {
  readonly memory = new ReceiveMemory();
  /** Takes what was read; set before the first read. The chunk is valid until it returns. */
  onChunk: (chunk: Buffer) => void = () => {};

  readonly onread: OnReadOpts = {
    buffer: () => this.memory.next(),
    callback: (bytes, memory) => {
      this.onChunk(this.memory.arrived(memory as Buffer, bytes));
      return true;
    },
  };
}
