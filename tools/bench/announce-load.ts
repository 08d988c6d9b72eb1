// The load of the announce benchmark: the same requests for every contender, prepared before the clock runs.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Random, randomInteger } from '@pageswarm/primitives';
import { type AnnounceCrowd, crowdHash, crowdPeerId, crowdPort } from './announce-crowd.ts';

/** Announces that wait for their answer at once. */
const IN_FLIGHT = 32;
/** Different requests that are drawn from. */
const PREPARED = 50_000;
/** After how many milliseconds without an answer lost UDP packets are replaced. */
const LOST_AFTER_MS = 100;
const NUMWANT = 50;

/** Who announces what. */
interface Announcer {
  readonly torrent: number;
  readonly peer: number;
}

/** Announcers in a random order. */
function* announcers({ torrents, peers }: AnnounceCrowd, random: Random): Generator<Announcer> {
  for (let n = 0; n < PREPARED; n++) yield { torrent: randomInteger(random, 0, torrents), peer: randomInteger(random, 0, peers) };
}

/**
 * Announces over HTTP for so long.
 * @param kept on connections that are kept; false opens one for each announce
 * @returns how many were answered
 */
export async function loadHttp(port: number, crowd: AnnounceCrowd, random: Random, ms: number, kept: boolean): Promise<number> {
  const requests: Buffer[] = [];
  for (const { torrent, peer } of announcers(crowd, random)) {
    const hash = crowdHash(torrent).toString('hex').replace(/../g, '%$&');
    const query = `info_hash=${hash}&peer_id=${crowdPeerId(peer)}&port=${crowdPort(peer)}&uploaded=0&downloaded=0&left=9&numwant=${NUMWANT}&compact=1`;
    requests.push(Buffer.from(`GET /announce?${query} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${kept ? '' : 'Connection: close\r\n'}\r\n`));
  }
  const until = Date.now() + ms;
  let next = 0;
  let answered = 0;
  const ask = () => requests[next++ % requests.length] as Buffer;
  /** One connection; settles when the time is over (kept) or when it has its answer. */
  const lane = () =>
    new Promise<void>((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true });
      const answer = new AnswerReader();
      socket.on('connect', () => socket.write(ask()));
      socket.on('error', reject);
      socket.on('data', (chunk) => {
        if (!answer.take(chunk)) return;
        answered++;
        if (kept && Date.now() < until) socket.write(ask());
        else socket.destroy();
      });
      socket.on('close', () => resolve());
    });
  const lanes = async () => {
    do await lane();
    while (Date.now() < until);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, lanes));
  return answered;
}

/** Whether the whole answer is there. Its head is read as text, and of its body only the length counts. */
class AnswerReader {
  private parts: Buffer[] = [];

  /** @throws when it is no list of peers */
  take(chunk: Buffer): boolean {
    this.parts.push(chunk);
    const all = this.parts.length === 1 ? chunk : Buffer.concat(this.parts);
    const end = all.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const head = all.toString('latin1', 0, end);
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0);
    const body = end + 4;
    // bittorrent-tracker sends its answers in chunks, where the last one is empty.
    const isWhole = length > 0 ? all.length >= body + length : all.toString('latin1', all.length - 5) === '0\r\n\r\n';
    if (!isWhole) return false;
    if (!all.includes('5:peers', body)) throw new Error(`no announce answer: ${all.toString('latin1', 0, 300)}`);
    this.parts = [];
    return true;
  }
}

/** Announces over UDP for so long, from one socket. @returns how many were answered */
export async function loadUdp(port: number, crowd: AnnounceCrowd, random: Random, ms: number): Promise<number> {
  let until = Number.POSITIVE_INFINITY;
  const begin = () => {
    until = Date.now() + ms;
  };
  return runUdp(port, announcers(crowd, random), begin, () => Date.now() >= until);
}

/** Announces every peer of every torrent once, so that all contenders hold the same swarms. */
export async function fillOverUdp(port: number, crowd: AnnounceCrowd): Promise<void> {
  await runUdp(
    port,
    everybody(crowd),
    () => {},
    (answered) => answered >= crowd.torrents * crowd.peers,
  );
}

function* everybody({ torrents, peers }: AnnounceCrowd): Generator<Announcer> {
  for (let peer = 0; peer < peers; peer++) for (let torrent = 0; torrent < torrents; torrent++) yield { torrent, peer };
}

/**
 * Sends prepared packets, the next one for each answer. To write a packet costs as much as some contenders need to answer it: prepared
 * in time, the load is never what everybody waits for, and a contender always finds several packets when it looks.
 */
async function runUdp(
  port: number,
  announcers: Iterable<Announcer>,
  begin: () => void,
  isOver: (answered: number) => boolean,
): Promise<number> {
  const socket = createSocket({ type: 'udp4', lookup: (address, _, found) => found(null, address, 4), recvBufferSize: 4_194_304 });
  const bound = once(socket, 'connect');
  socket.connect(port, '127.0.0.1');
  await bound;
  const connected = once(socket, 'message');
  socket.send(Buffer.from('0000041727101980000000000000abcd', 'hex'));
  const packets = announcePackets(announcers, ((await connected)[0] as Buffer).subarray(8, 16));
  let next = 0;
  const send = () => socket.send(packets[next++ % packets.length] as Buffer);
  let answered = 0;
  let refused: string | undefined;
  begin();
  await new Promise<void>((resolve) => {
    let before = 0;
    const watch = setInterval(() => {
      if (isOver(answered)) finish();
      else if (answered === before) for (let n = 0; n < IN_FLIGHT; n++) send();
      before = answered;
    }, LOST_AFTER_MS);
    const finish = () => {
      clearInterval(watch);
      socket.removeAllListeners('message').close(resolve);
    };
    socket.on('message', (answer: Buffer) => {
      if (answer.readUInt32BE(0) !== 1) refused = answer.toString('latin1', 8);
      answered++;
      if (!isOver(answered)) send();
    });
    for (let n = 0; n < IN_FLIGHT; n++) send();
  });
  if (refused !== undefined) throw new Error(`an announce was refused: ${refused}`);
  return answered;
}

/** Announces as BEP 15 has them, under one connection id. */
function announcePackets(announcers: Iterable<Announcer>, connectionId: Buffer): Buffer[] {
  const hashes = new Map<number, Buffer>();
  const packets: Buffer[] = [];
  for (const { torrent, peer } of announcers) {
    const hash = hashes.get(torrent) ?? crowdHash(torrent);
    hashes.set(torrent, hash);
    const packet = Buffer.alloc(98);
    connectionId.copy(packet);
    packet.writeUInt32BE(1, 8);
    hash.copy(packet, 16);
    crowdPeerId(peer).copy(packet, 36);
    packet.writeBigUInt64BE(9n, 64);
    packet.writeInt32BE(NUMWANT, 92);
    packet.writeUInt16BE(crowdPort(peer), 96);
    packets.push(packet);
  }
  return packets;
}
