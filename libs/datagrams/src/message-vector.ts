import type { SystemCalls } from './system-calls.ts';

/**
 * Bytes of a `struct mmsghdr` (recvmmsg(2), with the `struct msghdr` of recvmsg(2) in it) and a `struct iovec` where
 * addresses have 64 bits, and where in them the parts lie.
 */
const HEADER_BYTES = 64;
const HEADER = { name: 0, nameLength: 8, parts: 16, partCount: 24, length: 56 } as const;
const PART_BYTES = 16;
const PART = { base: 0, length: 8 } as const;
const WORD_BYTES = 4;

/** How a message vector is laid out. */
export interface MessageVectorShape {
  readonly messages: number;
  /** Room for the bytes of each message. */
  readonly messageBytes: number;
  /** The socket addresses of the messages, one after the other. */
  readonly names: Buffer;
  readonly nameBytes: number;
}

/** The memory that recvmmsg(2) and sendmmsg(2) work on: messages with their bytes and the addresses that they come from or go to. */
export class MessageVector {
  /** What a call is given. It points into the buffers beside it, so all of them live and die together. */
  readonly headers: Buffer;
  readonly rooms: readonly Buffer[];
  private readonly headerWords: Uint32Array;
  private readonly partWords: Uint32Array;
  private readonly names: Buffer;

  constructor({ addressOf }: Pick<SystemCalls, 'addressOf'>, { messages, messageBytes, names, nameBytes }: MessageVectorShape) {
    const bytes = ownBuffer(messages * messageBytes);
    const parts = ownBuffer(messages * PART_BYTES);
    this.headers = ownBuffer(messages * HEADER_BYTES);
    this.names = names;
    this.rooms = Array.from({ length: messages }, (_, n) => bytes.subarray(n * messageBytes, (n + 1) * messageBytes));
    this.headerWords = new Uint32Array(this.headers.buffer);
    this.partWords = new Uint32Array(parts.buffer);
    const [bytesAt, partsAt, namesAt] = [addressOf(bytes), addressOf(parts), addressOf(this.names)];
    for (let n = 0; n < messages; n++) {
      parts.writeBigUInt64LE(bytesAt + BigInt(n * messageBytes), n * PART_BYTES + PART.base);
      parts.writeBigUInt64LE(BigInt(messageBytes), n * PART_BYTES + PART.length);
      const header = n * HEADER_BYTES;
      this.headers.writeBigUInt64LE(namesAt + BigInt(n * nameBytes), header + HEADER.name);
      this.headers.writeUInt32LE(nameBytes, header + HEADER.nameLength);
      this.headers.writeBigUInt64LE(partsAt + BigInt(n * PART_BYTES), header + HEADER.parts);
      this.headers.writeBigUInt64LE(1n, header + HEADER.partCount);
    }
  }

  /** How many bytes of message `n` came into its room. */
  receivedLength(n: number): number {
    return this.headerWords[(n * HEADER_BYTES + HEADER.length) / WORD_BYTES] as number;
  }

  /** How many bytes of its room message `n` sends. */
  setLength(n: number, length: number): void {
    this.partWords[(n * PART_BYTES + PART.length) / WORD_BYTES] = length;
  }

  /** Says again how much room there is for the address of message `n`; receiving overwrites it. */
  setNameLength(n: number, length: number): void {
    this.headerWords[(n * HEADER_BYTES + HEADER.nameLength) / WORD_BYTES] = length;
  }

  /** The headers from message `n` on. */
  headersFrom(n: number): Buffer {
    return n === 0 ? this.headers : this.headers.subarray(n * HEADER_BYTES);
  }
}

/** A buffer that shares its memory with nothing else, so that its beginning is aligned. */
export function ownBuffer(bytes: number): Buffer {
  return Buffer.from(new ArrayBuffer(bytes));
}
