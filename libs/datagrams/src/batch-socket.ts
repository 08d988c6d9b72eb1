import { getSystemErrorName } from 'node:util';
import type { DatagramAnswerer } from './datagram-answerer.ts';
import { MessageVector, ownBuffer } from './message-vector.ts';
import { familyOf, SOCKET_ADDRESS_BYTES, SocketAddressView, socketAddress } from './socket-address.ts';
import type { SystemCalls } from './system-calls.ts';

/** The most datagrams that are taken and answered at once. */
export const MAX_BATCH_DATAGRAMS = 32;
/** Bytes of a datagram that are read; a longer one is cut there. A packet of Ethernet carries less. */
export const MAX_DATAGRAM_BYTES = 2_048;

const SOCK_DGRAM = 2;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_DONTWAIT = 0x40;
const EAGAIN = 11;
const ENOBUFS = 105;

/** A UDP socket of which many datagrams are taken and answered with two calls of the system. */
export class BatchSocket {
  private readonly incoming: MessageVector;
  private readonly outgoing: MessageVector;
  private readonly senders: readonly SocketAddressView[];
  private readonly nameBytes: number;
  /** Views of what came, kept for as long as datagrams of the same length come. */
  private readonly packets: Buffer[];
  private readonly lengths = new Uint32Array(MAX_BATCH_DATAGRAMS);

  private constructor(
    readonly descriptor: number,
    private readonly calls: SystemCalls,
    address: Uint8Array,
    maxAnswerBytes: number,
  ) {
    const family = familyOf(address);
    this.nameBytes = SOCKET_ADDRESS_BYTES[family];
    const { nameBytes } = this;
    const names = ownBuffer(MAX_BATCH_DATAGRAMS * nameBytes);
    const shape = { messages: MAX_BATCH_DATAGRAMS, names, nameBytes };
    this.incoming = new MessageVector(calls, { ...shape, messageBytes: MAX_DATAGRAM_BYTES });
    // An answer goes to where its datagram came from, so both vectors share the addresses.
    this.outgoing = new MessageVector(calls, { ...shape, messageBytes: maxAnswerBytes });
    this.packets = [...this.incoming.rooms];
    this.senders = this.packets.map((_, n) => new SocketAddressView(names.subarray(n * nameBytes, (n + 1) * nameBytes), family));
  }

  /**
   * Binds an address of 4 or 16 bytes. Whoever is given the descriptor closes it; until then {@link close} does.
   * @throws Error as Node makes it, with code, errno and syscall
   */
  static open(calls: SystemCalls, address: Uint8Array, port: number, maxAnswerBytes: number): BatchSocket {
    const descriptor = calls.socket(familyOf(address), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw systemError(calls.errno(), 'socket');
    const name = socketAddress(address, port);
    if (calls.bind(descriptor, name, name.length) < 0) {
      const error = systemError(calls.errno(), 'bind');
      calls.close(descriptor);
      throw error;
    }
    return new BatchSocket(descriptor, calls, address, maxAnswerBytes);
  }

  /**
   * Takes and answers what waits, at most {@link MAX_BATCH_DATAGRAMS}.
   * @returns how many datagrams there were
   */
  answerWaiting(answerer: DatagramAnswerer): number {
    const { calls, incoming, outgoing, lengths } = this;
    const count = calls.recvmmsg(this.descriptor, incoming.headers, MAX_BATCH_DATAGRAMS, MSG_DONTWAIT, null);
    if (count <= 0) return 0;
    for (let n = 0; n < count; n++) {
      const length = answerer(this.packet(n), (this.senders[n] as SocketAddressView).address, outgoing.rooms[n] as Buffer);
      lengths[n] = length;
      outgoing.setLength(n, length);
      incoming.setNameLength(n, this.nameBytes);
    }
    this.sendAnswers(count);
    return count;
  }

  close(): void {
    this.calls.close(this.descriptor);
  }

  /** Sends stretches of answers; between them lie datagrams that get none. */
  private sendAnswers(count: number): void {
    let from = 0;
    while (from < count) {
      if (this.lengths[from] === 0) {
        from++;
        continue;
      }
      let to = from + 1;
      while (to < count && this.lengths[to] !== 0) to++;
      const sent = this.calls.sendmmsg(this.descriptor, this.outgoing.headersFrom(from), to - from, MSG_DONTWAIT);
      if (sent > 0) {
        from += sent;
        continue;
      }
      const reason = this.calls.errno();
      // The system takes no more now. Datagrams may get lost, and who asked asks again; to keep them would fill the memory.
      if (reason === EAGAIN || reason === ENOBUFS) return;
      // This one cannot be sent, to port 0 or where no route leads for example; those behind it can.
      from++;
    }
  }

  private packet(n: number): Buffer {
    const length = this.incoming.receivedLength(n);
    const last = this.packets[n] as Buffer;
    if (last.length === length) return last;
    const packet = (this.incoming.rooms[n] as Buffer).subarray(0, length);
    this.packets[n] = packet;
    return packet;
  }
}

function systemError(errno: number, syscall: string): NodeJS.ErrnoException {
  const code = getSystemErrorName(-errno);
  return Object.assign(new Error(`${syscall} ${code}`), { code, errno: -errno, syscall });
}
