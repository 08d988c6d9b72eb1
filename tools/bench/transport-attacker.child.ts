// The hostile peers of the transport benchmark, in a process of their own: does what it is ordered until it is stopped.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { peerId } from '@pageswarm/primitives';
import { DEFAULT_LIMITS, type NodeIdentity, SwarmClient } from '@pageswarm/transport';
import { encodeFrame, encodePreface, FrameFlag, FrameType } from '@pageswarm/wire';
import { type Attack, HOST_KEY, type HostPorts, type MemoryReport, NEVER_READING, type Order } from './transport-strangers.ts';

const IDENTITY: NodeIdentity = { peerId: peerId('c'.repeat(40)), role: 'tool' };
const HALF_OPEN = 10_000;
const LORISES = 500;
const ports: HostPorts = JSON.parse(process.argv[2] as string);

const hello = JSON.stringify({ nonce: '07'.repeat(32), authentication: 'none', features: [], limits: DEFAULT_LIMITS });
const OPENING = Buffer.concat([encodePreface(), encodeFrame(FrameType.HELLO, hello)]);
const MEMBER = Buffer.concat([OPENING, encodeFrame(FrameType.READY, JSON.stringify(IDENTITY))]);
const ask = (streamId: number, pattern: string, flags = 0): Buffer =>
  encodeFrame(FrameType.REQUEST, JSON.stringify({ pattern }), { streamId, flags });

const sockets = new Set<Socket>();
const timers: NodeJS.Timeout[] = [];
const clients: SwarmClient[] = [];

function open(port = ports.open): Socket {
  const socket = connect(port, '127.0.0.1');
  sockets.add(socket);
  socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  return socket;
}

function every(ms: number, act: () => void): void {
  timers.push(setInterval(act, ms));
}

/** A new socket every so often that writes all of `bytes` and waits to be closed. */
function strike(ms: number, bytes: () => Uint8Array, port?: number): void {
  every(ms, () => void open(port).resume().write(bytes()));
}

/** All that a member writes in a good handshake with the keyed host, as somebody on the path sees it. */
async function recordHandshake(): Promise<Buffer> {
  const seen: Buffer[] = [];
  const relay = createServer((from) => {
    const to = connect(ports.keyed, '127.0.0.1');
    from.on('data', (chunk: Buffer) => seen.push(chunk)).on('error', () => {});
    from.pipe(to).on('error', () => {});
    to.pipe(from);
  }).listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const { port } = relay.address() as { port: number };
  const client = new SwarmClient({ endpoint: { host: '127.0.0.1', port }, identity: IDENTITY, security: { swarmKey: HOST_KEY } });
  await client.ping();
  await client.close();
  relay.close();
  return Buffer.concat(seen);
}

const ATTACKING: Record<Attack, () => void | Promise<void>> = {
  'slow-loris handshakes': () => {
    const lorises = Array.from({ length: LORISES }, () => open());
    let turn = 0;
    every(10, () => {
      for (let count = 0; count < 5; count++, turn++) lorises[turn % LORISES]?.write(OPENING.subarray(turn / LORISES, turn / LORISES + 1));
    });
  },
  // The host lets go of the oldest; whoever it lets go comes again.
  '10,000 half-open sockets': async () => {
    for (let opened = 0; opened < HALF_OPEN; opened += 50) {
      for (let count = 0; count < 50; count++) open();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    every(10, () => open());
  },
  'half-open sockets that arrive, 2,000 a second': () => {
    every(10, () => {
      for (let count = 0; count < 20; count++) open();
    });
  },
  'frames that claim 4 GiB': () => strike(10, () => Buffer.concat([MEMBER, Buffer.from('ffffffff0400000000000001ffffffff', 'hex')])),
  'credit overruns': () => {
    const data = Array.from({ length: 18 }, () => encodeFrame(FrameType.DATA, Buffer.alloc(65_536), { streamId: 1 }));
    const all = Buffer.concat([MEMBER, ask(1, 'read', FrameFlag.BODY), ...data]);
    strike(50, () => all);
  },
  'stream ids used twice': () => strike(10, () => Buffer.concat([MEMBER, ask(1, 'fast'), ask(1, 'fast')])),
  'readers that never read': () => {
    const readers = Array.from({ length: NEVER_READING }, () => open().pause());
    for (const reader of readers) reader.write(Buffer.concat([MEMBER, ...Array.from({ length: 16 }, (_, n) => ask(1 + 2 * n, 'bytes'))]));
    let streamId = 33;
    every(50, () => {
      for (const reader of readers) reader.write(ask(streamId, 'text'));
      streamId += 2;
    });
  },
  'random bytes': () => strike(10, () => Buffer.concat([MEMBER, randomBytes(2_000)])),
  'replayed handshakes': async () => {
    const recorded = await recordHandshake();
    strike(10, () => recorded, ports.keyed);
  },
};

async function idle(count: number): Promise<void> {
  const endpoint = { host: '127.0.0.1', port: ports.open };
  for (let batch = 0; batch < count; batch += 100) {
    const more = Array.from({ length: 100 }, () => new SwarmClient({ endpoint, identity: IDENTITY }));
    clients.push(...more);
    await Promise.all(more.map((client) => client.connect()));
  }
}

function stop(): void {
  for (const timer of timers.splice(0)) clearInterval(timer);
  for (const socket of sockets) socket.resetAndDestroy();
  for (const client of clients.splice(0)) client.destroy();
}

async function obey(order: Order): Promise<void> {
  if (order === 'stop') stop();
  else if ('idle' in order) await idle(order.idle);
  else await ATTACKING[order.attack]();
  globalThis.gc?.();
  const report: MemoryReport = { rss: process.memoryUsage.rss(), connections: sockets.size + clients.length };
  process.send?.(report);
}

process.on('message', (order: Order) => void obey(order));
process.once('disconnect', () => process.exit());
