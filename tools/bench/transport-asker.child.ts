// Measures the swarm transport beside a bare socket and Nest's TCP transport, all in turns; reports to its parent.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { ClientTCP } from '@nestjs/microservices';
import { peerId } from '@pageswarm/primitives';
import { SwarmClient } from '@pageswarm/transport';
import { firstValueFrom } from 'rxjs';
import type { Measurement } from './bench.ts';
import { BENCH_CHUNK_BYTES, type BenchPorts, type BenchReport, LengthPrefixed } from './transport-sides.ts';

const ROUNDS = 5;
const REQUESTS = 20_000;
const STREAM_BYTES = 512 * 2 ** 20;
const TEXT_BYTES = 64 * 2 ** 20;
const STREAMS = 64;
const QUESTION = {
  documentId: 'a'.repeat(64),
  pieces: [
    [0, 10],
    [20, 5],
  ],
  name: 'a small request',
};

type Ask = () => Promise<unknown>;

async function measure(answerer: ChildProcess, ports: BenchPorts, tell: (line: string) => void): Promise<Measurement[]> {
  const swarm = new SwarmClient({
    endpoint: { host: '127.0.0.1', port: ports.swarm },
    identity: { peerId: peerId('b'.repeat(40)), role: 'tool' },
  });
  const tcp = new ClientTCP({ host: '127.0.0.1', port: ports.tcp });
  await Promise.all([swarm.connect(), tcp.connect()]);
  const table = new Table();
  const requests: Record<string, Ask> = {
    'bare echo': await bareEcho(ports.echo),
    'swarm route': () => swarm.request('fast', QUESTION),
    'swarm Nest handler': () => firstValueFrom(swarm.send('echo', QUESTION)),
    'Nest TCP handler': () => firstValueFrom(tcp.send('echo', QUESTION)),
  };
  const streams: Record<string, () => Promise<number>> = {
    'bare bytes': () => bareBytes(ports.bytes),
    'swarm bytes': () => readBytes(swarm, STREAM_BYTES),
    'Nest TCP base64': () => readBase64(tcp),
  };
  for (let round = 1; round <= ROUNDS; round++) {
    for (const inFlight of [64, 1]) {
      for (const [name, ask] of Object.entries(requests)) table.add(`${name}, ${inFlight} in flight`, '/s', await rate(ask, inFlight));
    }
    for (const [name, read] of Object.entries(streams)) await timeBytes(answerer, table, name, read);
    await shareFairly(swarm, table);
    tell(`round ${round} of ${ROUNDS}`);
  }
  await swarm.close();
  tcp.close();
  return table.measurements();
}

/** Requests per second with `inFlight` at once. */
async function rate(ask: Ask, inFlight: number): Promise<number> {
  const count = inFlight === 1 ? REQUESTS / 5 : REQUESTS;
  let left = count;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (left-- > 0) await ask();
    }),
  );
  return (count * 1_000) / (performance.now() - started);
}

/** MB/s, and the CPU time of both processes per GB. */
async function timeBytes(answerer: ChildProcess, table: Table, name: string, read: () => Promise<number>): Promise<void> {
  const before = await cpuSeconds(answerer);
  const started = performance.now();
  const bytes = await read();
  table.add(name, 'MB/s', bytes / 1_000 / (performance.now() - started));
  table.add(`${name}, CPU of both ends`, 's/GB', ((await cpuSeconds(answerer)) - before) / (bytes / 1e9));
}

/** 64 streams share one connection: the slowest of them, and the pings meanwhile. */
async function shareFairly(swarm: SwarmClient, table: Table): Promise<void> {
  const pings: number[] = [];
  const sizes: number[] = Array(STREAMS).fill(0);
  let total = 0;
  const readers = sizes.map(async (_size, index) => {
    const { body } = await swarm.bytes('bytes', { bytes: STREAM_BYTES });
    for await (const chunk of body) {
      sizes[index] = (sizes[index] as number) + chunk.length;
      total += chunk.length;
      if (total > STREAM_BYTES) return;
    }
  });
  const pinger = (async () => {
    while (total < STREAM_BYTES) {
      pings.push(await swarm.ping());
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  })();
  await Promise.all([...readers, pinger]);
  pings.sort((a, b) => a - b);
  table.add(`slowest of ${STREAMS} streams, share of the mean`, '', Math.min(...sizes) / (total / STREAMS));
  table.add(`ping beside ${STREAMS} streams, 99th percentile`, 'ms', pings[Math.floor(pings.length * 0.99)] as number);
}

async function bareEcho(port: number): Promise<Ask> {
  const waiting = new Map<number, () => void>();
  let last = 0;
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  socket.unref();
  const connection = new LengthPrefixed(socket, ({ id }) => {
    waiting.get(id)?.();
    waiting.delete(id);
  });
  return () =>
    new Promise<void>((resolve) => {
      waiting.set(++last, resolve);
      connection.send({ id: last, data: QUESTION });
    });
}

async function bareBytes(port: number): Promise<number> {
  const socket = connect(port, '127.0.0.1', () => socket.write(String(STREAM_BYTES)));
  let bytes = 0;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  await once(socket, 'end');
  return bytes;
}

async function readBytes(swarm: SwarmClient, wanted: number): Promise<number> {
  const { body } = await swarm.bytes('bytes', { bytes: wanted });
  let bytes = 0;
  for await (const chunk of body) bytes += chunk.length;
  return bytes;
}

/** What Nest's TCP transport can do for bytes: JSON texts, with eight requests ahead. */
async function readBase64(tcp: ClientTCP): Promise<number> {
  let left = TEXT_BYTES / BENCH_CHUNK_BYTES;
  let bytes = 0;
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (left-- > 0) bytes += Buffer.from(await firstValueFrom(tcp.send<string>('base64', {})), 'base64').length;
    }),
  );
  return bytes;
}

async function cpuSeconds(answerer: ChildProcess): Promise<number> {
  answerer.send('cpu');
  const [theirs] = (await once(answerer, 'message')) as [NodeJS.CpuUsage];
  const own = process.cpuUsage();
  return (own.user + own.system + theirs.user + theirs.system) / 1e6;
}

/** Gathers the runs of each line. */
class Table {
  private readonly lines = new Map<string, { unit: string; runs: number[] }>();

  add(what: string, unit: string, run: number): void {
    const line = this.lines.get(what) ?? { unit, runs: [] };
    line.runs.push(run);
    this.lines.set(what, line);
  }

  measurements(): Measurement[] {
    return [...this.lines].map(([what, line]) => ({ what, ...line }));
  }
}

const answerer = fork(new URL('./transport-answerer.child.js', import.meta.url));
const [ports] = (await once(answerer, 'message')) as [BenchPorts];
const report = (what: BenchReport): void => void process.send?.(what);
report({ measurements: await measure(answerer, ports, (line) => report({ line })) });
process.once('disconnect', () => process.exit());
