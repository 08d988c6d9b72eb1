import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Random } from '@pageswarm/primitives';
import type { QueryClass } from './sample-names.ts';

/** Documents of the catalog that the tracker benchmark asks. */
export const BENCH_DOCUMENTS = 100_000;
/** Announces that wait for their answer at once. */
const IN_FLIGHT = 32;
/** After how many milliseconds without an answer lost UDP packets are replaced. */
const LOST_AFTER_MS = 100;

export interface SearchCost {
  readonly kind: QueryClass;
  /** CPU of one search, in microseconds. */
  readonly p50: number;
  readonly p99: number;
  readonly foundShare: number;
}

/** What the tracker's side tells, one of these at a time. */
export interface TrackerSideReport {
  readonly ready?: { readonly http: number; readonly udp: number; readonly bytesPerDocument: number };
  readonly cpu?: NodeJS.CpuUsage;
  readonly searches?: readonly SearchCost[];
}

/** The v1 info-hash of document `n`, in hex. */
export function benchHash(n: number): string {
  return createHash('sha1').update(`document ${n}`).digest('hex');
}

/** Which announces come: of how many torrents, from how many peers each. */
export interface Crowd {
  readonly name: string;
  readonly hashes: readonly string[];
  readonly peers: number;
}

/** Announces over HTTP on connections that are kept, for so long. @returns how many were answered */
export async function announceOverHttp(port: number, crowd: Crowd, random: Random, ms: number): Promise<number> {
  const until = Date.now() + ms;
  const escaped = crowd.hashes.map((hash) => hash.replace(/../g, '%$&'));
  const lane = async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.setNoDelay();
    let answered = 0;
    for (; Date.now() < until; answered++) {
      const at = 1_000 + Math.floor(random.next() * crowd.peers);
      const query = `info_hash=${escaped[Math.floor(random.next() * escaped.length)]}&peer_id=-TT0000-${String(at).padStart(12, '0')}`;
      socket.write(`GET /announce?${query}&port=${at}&left=9&numwant=50&compact=1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
      await answerOf(socket);
    }
    socket.destroy();
    return answered;
  };
  const lanes = await Promise.all(Array.from({ length: IN_FLIGHT }, lane));
  return lanes.reduce((sum, count) => sum + count, 0);
}

/** One whole answer with a stated length. @throws when it is no bencoded list of peers */
async function answerOf(socket: Socket): Promise<void> {
  let text = '';
  for (;;) {
    const [chunk] = await once(socket, 'data');
    text += (chunk as Buffer).toString('latin1');
    const head = text.indexOf('\r\n\r\n');
    const [, length] = /content-length: (\d+)/i.exec(text) ?? [];
    if (head === -1 || length === undefined || text.length < head + 4 + Number(length)) continue;
    if (!text.includes('5:peers')) throw new Error(`no announce answer: ${text.slice(head + 4)}`);
    return;
  }
}

/** The same over UDP from one socket. */
export async function announceOverUdp(port: number, crowd: Crowd, random: Random, ms: number): Promise<number> {
  const socket = createSocket('udp4');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.send(Buffer.from('0000041727101980000000000000abcd', 'hex'));
  const [connected] = await once(socket, 'message');
  const packet = Buffer.alloc(98);
  (connected as Buffer).copy(packet, 0, 8);
  packet.writeUInt32BE(1, 8);
  packet.writeBigUInt64BE(9n, 64);
  packet.writeInt32BE(50, 92);
  const send = () => {
    packet.write(crowd.hashes[Math.floor(random.next() * crowd.hashes.length)] as string, 16, 20, 'hex');
    packet.writeUInt16BE(1_000 + Math.floor(random.next() * crowd.peers), 96);
    socket.send(Buffer.from(packet));
  };
  let answered = 0;
  let refused: string | undefined;
  socket.on('message', (answer: Buffer) => {
    if (answer.readUInt32BE(0) !== 1) refused = answer.toString('latin1', 8);
    answered++;
    send();
  });
  for (let n = 0; n < IN_FLIGHT; n++) send();
  let before = 0;
  const watch = setInterval(() => {
    if (answered === before) for (let n = 0; n < IN_FLIGHT; n++) send();
    before = answered;
  }, LOST_AFTER_MS);
  await new Promise((resolve) => setTimeout(resolve, ms));
  clearInterval(watch);
  await new Promise<void>((resolve) => socket.removeAllListeners('message').close(resolve));
  if (refused !== undefined) throw new Error(`an announce was refused: ${refused}`);
  return answered;
}
