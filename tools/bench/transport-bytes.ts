import { once } from 'node:events';
import { connect } from 'node:net';
import { ClientTCP } from '@nestjs/microservices';
import type { SwarmClient } from '@pageswarm/transport';
import { firstValueFrom } from 'rxjs';
import { BENCH_CHUNK_BYTES, type BenchPorts, type CpuMeter } from './transport-sides.ts';
import type { TransportTable } from './transport-table.ts';

const STREAM_BYTES = 512 * 2 ** 20;
const TEXT_BYTES = 64 * 2 ** 20;
const STREAMS = 64;
const FAIR = `slowest of ${STREAMS} streams, share of the mean`;
const PING = `ping beside ${STREAMS} streams, 99th percentile`;

/** Who carries bytes: each reads as fast as it can and counts. */
export class ByteContenders {
  private readonly reads: ReadonlyMap<string, () => Promise<number>>;
  private readonly tcp: ClientTCP;

  constructor(
    ports: BenchPorts,
    private readonly swarm: SwarmClient,
  ) {
    this.tcp = new ClientTCP({ host: '127.0.0.1', port: ports.tcp });
    this.reads = new Map(
      Object.entries({
        'bare bytes': () => bareBytes(ports.bytes),
        'bare bytes into one buffer': () => bareBytesIntoOneBuffer(ports.bytes),
        'swarm bytes': () => readBytes(swarm, false),
        'swarm bytes, chunks lent': () => readBytes(swarm, true),
        'Nest TCP base64': () => readBase64(this.tcp),
      }),
    );
  }

  /** One turn of everybody. */
  async round(table: TransportTable, cpu: CpuMeter): Promise<void> {
    const turns = new Map<string, { rate: number; cpu: number }>();
    for (const [name, read] of this.reads) {
      const before = await cpu.read();
      const started = performance.now();
      const bytes = await read();
      const rate = bytes / 1_000 / (performance.now() - started);
      const after = await cpu.read();
      const perGb = (later: number, earlier: number): number => (later - earlier) / (bytes / 1e9);
      const [own, theirs] = [perGb(after.own, before.own), perGb(after.theirs, before.theirs)];
      turns.set(name, { rate, cpu: own + theirs });
      table.add(name, 'MB/s', rate);
      table.add(`${name}, CPU of the receiver`, 's/GB', own);
      table.add(`${name}, CPU of the sender`, 's/GB', theirs);
    }
    const [bare, text] = [turns.get('bare bytes'), turns.get('Nest TCP base64')];
    for (const name of ['swarm bytes', 'swarm bytes, chunks lent']) {
      const turn = turns.get(name);
      table.add(`${name}: share of the rate of bare bytes`, '', (turn?.rate ?? 0) / (bare?.rate ?? 0));
      table.add(`${name}: times the rate of Nest TCP base64`, '', (turn?.rate ?? 0) / (text?.rate ?? 0));
      table.add(`${name}: share of the CPU of Nest TCP base64`, '', (turn?.cpu ?? 0) / (text?.cpu ?? 0));
    }
    await this.shareFairly(table);
  }

  judge(table: TransportTable): void {
    for (const name of ['swarm bytes', 'swarm bytes, chunks lent']) {
      table.atLeast(`${name}: share of the rate of bare bytes`, 0.75);
      table.atLeast(`${name}: times the rate of Nest TCP base64`, 4);
      table.atMost(`${name}: share of the CPU of Nest TCP base64`, 0.25);
    }
    table.atLeast(FAIR, 0.8);
    table.atMost(PING, 20);
  }

  close(): void {
    this.tcp.close();
  }

  /** 64 streams share one connection: the slowest of them, and the pings meanwhile. */
  private async shareFairly(table: TransportTable): Promise<void> {
    const pings: number[] = [];
    const sizes: number[] = Array(STREAMS).fill(0);
    let total = 0;
    const readers = sizes.map(async (_size, index) => {
      const { body } = await this.swarm.bytes('bytes', { bytes: STREAM_BYTES });
      for await (const chunk of body) {
        sizes[index] = (sizes[index] as number) + chunk.length;
        total += chunk.length;
        if (total > STREAM_BYTES) return;
      }
    });
    const pinger = (async () => {
      while (total < STREAM_BYTES) {
        pings.push(await this.swarm.ping());
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    })();
    await Promise.all([...readers, pinger]);
    pings.sort((a, b) => a - b);
    table.add(FAIR, '', Math.min(...sizes) / (total / STREAMS));
    table.add(PING, 'ms', pings[Math.floor(pings.length * 0.99)] as number);
  }
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

/** The least that node:net can do: what was read is overwritten by the next read. */
async function bareBytesIntoOneBuffer(port: number): Promise<number> {
  let bytes = 0;
  const onread = {
    buffer: Buffer.allocUnsafeSlow(262_144),
    callback: (count: number): boolean => {
      bytes += count;
      return true;
    },
  };
  const socket = connect({ port, host: '127.0.0.1', onread }, () => socket.write(String(STREAM_BYTES)));
  await once(socket, 'close');
  return bytes;
}

async function readBytes(swarm: SwarmClient, lendChunks: boolean): Promise<number> {
  const { body } = await swarm.bytes('bytes', { bytes: STREAM_BYTES }, { lendChunks });
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
