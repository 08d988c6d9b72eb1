// The trackers that are compared, each a process of its own that knows the same torrents.

import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NODE_FLAGS } from '@pageswarm/config';
import { ANNOUNCED_TORRENTS, crowdHash } from './announce-crowd.ts';

export interface Contender {
  readonly name: string;
  readonly pid: number;
  readonly http: number;
  readonly udp: number;
  /** It answers only one request on each connection. */
  readonly closes: boolean;
  /** It has no HTTP face. */
  readonly isUdpOnly?: boolean;
  end(): Promise<void>;
}

export async function startPageSwarm(): Promise<Contender> {
  // Nest's decorators run while its bundle is loaded and want this to be there before.
  const child = fork(new URL('./announced-tracker.child.js', import.meta.url), {
    execArgv: [...NODE_FLAGS.tracker, '--import', import.meta.resolve('reflect-metadata')],
  });
  const ports = await reported(child);
  return { name: 'PageSwarm', pid: child.pid as number, ...ports, closes: false, end: () => ended(child) };
}

const BITTORRENT_TRACKER = `
import { Server } from 'bittorrent-tracker';
const server = new Server({ udp: true, http: true, ws: false, stats: false });
server.on('error', () => {});
server.on('warning', () => {});
server.listen(0, { http: '127.0.0.1', udp: '127.0.0.1', udp6: '::1' }, () => process.send({ http: server.http.address().port, udp: server.udp4.address().port }));
process.on('disconnect', () => process.exit());
`;

/** @returns undefined where it is not installed, as behind `npm ci --omit=dev` */
export async function startBittorrentTracker(): Promise<Contender | undefined> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', BITTORRENT_TRACKER], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  try {
    const ports = await reported(child);
    return { name: 'bittorrent-tracker', pid: child.pid as number, ...ports, closes: false, end: () => ended(child) };
  } catch {
    return undefined;
  }
}

const BLIND_ANSWERER = `
import { createSocket } from 'node:dgram';
const socket = createSocket({ type: 'udp4', lookup: (address, _, found) => found(null, address, 4) });
const answer = Buffer.alloc(320);
answer[3] = 1;
socket.on('message', (packet, { address, port }) => {
  packet.copy(answer, 4, 12, 16);
  socket.send(answer, 0, packet.length === 16 ? 16 : 320, port, address);
});
socket.bind(0, '127.0.0.1');
setTimeout(() => process.send({ http: 0, udp: socket.address().port }), 100);
process.on('disconnect', () => process.exit());
`;

/** What Node's own part of an answer over UDP costs: as many bytes back, and nothing read, looked up or kept. */
export async function startBlindAnswerer(): Promise<Contender> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', BLIND_ANSWERER], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ports = await reported(child);
  return {
    name: 'node:dgram, answering blindly',
    pid: child.pid as number,
    ...ports,
    closes: false,
    isUdpOnly: true,
    end: () => ended(child),
  };
}

/** @returns undefined where it is not installed */
export async function startOpentracker(): Promise<Contender | undefined> {
  const folder = await mkdtemp(join(tmpdir(), 'pageswarm-opentracker-'));
  // Debian's build tracks torrents of a list only, which it reads as somebody else, in a folder that it cannot leave.
  await chmod(folder, 0o755);
  await writeFile(
    join(folder, 'whitelist'),
    Array.from({ length: ANNOUNCED_TORRENTS }, (_, n) => `${crowdHash(n).toString('hex')}\n`).join(''),
  );
  const port = await freePort();
  const child = spawn('opentracker', ['-i', '127.0.0.1', '-p', String(port), '-P', String(port), '-w', 'whitelist', '-d', folder], {
    stdio: 'ignore',
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const isThere = await Promise.race([once(child, 'error').then(() => false), once(child, 'spawn').then(() => true)]);
  const end = async () => {
    await ended(child);
    await rm(folder, { recursive: true, force: true });
  };
  if (!isThere || !(await answers(port))) {
    await end();
    return undefined;
  }
  return { name: 'opentracker', pid: child.pid as number, http: port, udp: port, closes: true, end };
}

async function answers(port: number): Promise<boolean> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/stats`)).arrayBuffer();
      return true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return false;
}

async function reported(child: ChildProcess): Promise<{ http: number; udp: number }> {
  const gone = new AbortController();
  child.once('exit', () => gone.abort());
  const [ports] = await once(child, 'message', { signal: gone.signal });
  return ports as { http: number; udp: number };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
