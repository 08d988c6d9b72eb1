import { createHash } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it } from '@jest/globals';
import { isPageSwarmError, type Random, randomInteger, SeededRandom } from '@pageswarm/primitives';
import { interval, lastValueFrom, map, take } from 'rxjs';
import {
  ByteReply,
  type CloseReason,
  type Direction,
  NO_METRICS,
  type SwarmClient,
  type SwarmServer,
  type TransportMetrics,
} from './index.ts';
import { loopback, sleep, until } from './testing/loopback.ts';

/** How long the soak lasts; ten minutes by hand before a release. */
const SECONDS = Number(process.env.PAGESWARM_SOAK_SECONDS ?? 3);
const SEED = Number(process.env.PAGESWARM_SOAK_SEED ?? 20_261_122);
const CLIENTS = 6;
/** Memory is compared from here on: before, code is compiled and the heap finds its size. */
const WARM_UP_SHARE = 0.25;
/** What the memory of the process may grow by in a run that is long enough to tell growth from the moods of the collector. */
const MAX_GROWTH_BYTES = 32 * 2 ** 20;
const MIN_SECONDS_TO_COMPARE_RSS = 60;

const swarm = loopback(afterEach);

/** What must be zero in the end. */
class Balance implements TransportMetrics {
  connections = 0;
  streams = 0;
  readonly reasons = new Map<string, number>();
  readonly bytes = NO_METRICS.bytes;
  readonly creditStall = NO_METRICS.creditStall;
  readonly roundTrip = NO_METRICS.roundTrip;

  connectionOpened(): void {
    this.connections++;
  }

  connectionClosed(direction: Direction, reason: CloseReason): void {
    this.connections--;
    this.reasons.set(`${direction} ${reason}`, (this.reasons.get(`${direction} ${reason}`) ?? 0) + 1);
  }

  streamOpened(): void {
    this.streams++;
  }

  streamClosed(): void {
    this.streams--;
  }
}

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The memory of the process, looked at while the soak runs. */
class MemoryWatch {
  private readonly samples: number[] = [];
  private readonly timer: NodeJS.Timeout;

  constructor(seconds: number) {
    this.timer = setInterval(
      () => {
        collectGarbage();
        this.samples.push(process.memoryUsage.rss());
      },
      Math.max(1_000, (seconds * 1_000) / 200),
    );
  }

  /** Medians of the first quarter after the warm-up and of the last quarter, in bytes. */
  stop(): { early: number; late: number } {
    clearInterval(this.timer);
    const quarter = Math.floor(this.samples.length * WARM_UP_SHARE);
    const middle = (part: number[]): number => part.sort((a, b) => a - b)[Math.floor(part.length / 2)] as number;
    return { early: middle(this.samples.slice(quarter, 2 * quarter)), late: middle(this.samples.slice(-quarter)) };
  }
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Sockets, servers and timers that keep the process alive, by kind. */
function openHandles(): Record<string, number> {
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) if (/^TCP|^Timeout$/.test(kind)) handles[kind] = (handles[kind] ?? 0) + 1;
  return handles;
}

/** The bytes of block `index` of the stream `seed`, the same at both ends. */
function block(seed: number, index: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 64) bytes.writeUInt32BE((seed * 2_654_435_761 + index * 40_503 + at) >>> 0, at);
  return bytes;
}

function routes(server: SwarmServer, open: { handlers: number }): void {
  const counted = async function* (count: number, size: number, seed: number) {
    open.handlers++;
    try {
      for (let index = 0; index < count; index++) yield block(seed, index, size);
    } finally {
      open.handlers--;
    }
  };
  server
    .route('echo', ({ data }) => data)
    .route<{ count: number; size: number; seed: number }>(
      'bytes',
      ({ data }) => new ByteReply(data, counted(data.count, data.size, data.seed)),
    )
    .route<{ count: number }>('values', async function* ({ data }) {
      for (let index = 0; index < data.count; index++) yield index;
    })
    .route('ticks', () => interval(1).pipe(map((tick) => ({ tick }))))
    .route(
      'wait',
      ({ context }) => new Promise((_resolve, reject) => context.signal.addEventListener('abort', () => reject(context.signal.reason))),
    )
    .route('hash', async ({ context }) => {
      const hash = createHash('sha256');
      for await (const chunk of context.requestBody ?? []) hash.update(chunk);
      return hash.digest('hex');
    });
}

async function sendHash(client: SwarmClient, random: Random): Promise<void> {
  const seed = randomInteger(random, 0, 1_000);
  const count = randomInteger(random, 0, 40);
  const hash = createHash('sha256');
  const body = async function* () {
    for (let index = 0; index < count; index++) {
      const bytes = block(seed, index, 64 * (1 + ((seed + index) % 700)));
      hash.update(bytes);
      yield bytes;
    }
  };
  const answer = await client.request('hash', null, { requestBody: body() });
  expect(answer).toBe(hash.digest('hex'));
}

async function readBytes(client: SwarmClient, random: Random): Promise<void> {
  const [count, size, seed] = [randomInteger(random, 0, 60), 64 * randomInteger(random, 1, 3_000), randomInteger(random, 0, 9_999)];
  const leaveAfter = random.next() < 0.3 ? randomInteger(random, 0, count * size + 1) : Number.POSITIVE_INFINITY;
  const { body } = await client.bytes('bytes', { count, size, seed });
  let read = 0;
  let wanted: Buffer = Buffer.alloc(0);
  for await (const chunk of body) {
    for (let at = 0; at < chunk.length; ) {
      if (read % size === 0) wanted = block(seed, read / size, size);
      const length = Math.min(size - (read % size), chunk.length - at);
      if (wanted.compare(chunk, at, at + length, read % size, (read % size) + length) !== 0) throw new Error(`Other bytes at ${read}`);
      read += length;
      at += length;
    }
    if (random.next() < 0.02) await sleep(randomInteger(random, 0, 5));
    if (read > leaveAfter) return;
  }
  expect(read).toBe(count * size);
}

/** One thing that a client does; its failures may only be those of a connection that somebody killed, or its own cancel. */
async function act(client: SwarmClient, random: Random): Promise<void> {
  const choice = randomInteger(random, 0, 100);
  if (choice < 30) {
    const data = { n: randomInteger(random, 0, 1e6), text: 'ä'.repeat(randomInteger(random, 0, 3_000)) };
    expect(await client.request('echo', data)).toEqual(data);
  } else if (choice < 50) await readBytes(client, random);
  else if (choice < 60) await sendHash(client, random);
  else if (choice < 70) {
    const count = randomInteger(random, 0, 3_000);
    let next = 0;
    for await (const value of client.stream('values', { count })) {
      if (value !== next++) throw new Error(`Value ${value} came as number ${next - 1}`);
      if (random.next() < 0.001) return;
    }
    expect(next).toBe(count);
  } else if (choice < 78) await lastValueFrom(client.send('ticks', {}).pipe(take(1 + randomInteger(random, 0, 5))));
  else if (choice < 84) await client.request('wait', null, { timeoutMs: 1 + randomInteger(random, 0, 20) });
  else if (choice < 90) await client.request('wait', null, { signal: AbortSignal.timeout(randomInteger(random, 0, 15)) });
  else if (choice < 94) await client.event('echo', 1);
  else if (choice < 97) await client.ping();
  else if (choice < 98) client.unwrap<import('node:net').Socket>().destroy();
  else if (choice < 99) client.unwrap<import('node:net').Socket>().resetAndDestroy();
  else await sleep(randomInteger(random, 0, 30));
}

const HARMLESS = new Set(['CONNECTION_LOST', 'CANCELLED', 'DEADLINE_EXCEEDED', 'HANDSHAKE_FAILED']);

describe('a soak', () => {
  it(
    `of ${SECONDS} s with seed ${SEED} leaves nothing behind`,
    async () => {
      const [atServer, atClient] = [new Balance(), new Balance()];
      const open = { handlers: 0 };
      const handlesBefore = openHandles();
      const server = await swarm.listen((s) => routes(s, open), { metrics: atServer, security: { swarmKey: 'soak' } });
      const clients = Array.from({ length: CLIENTS }, () => swarm.connect(server, { metrics: atClient, security: { swarmKey: 'soak' } }));
      expect(openHandles().TCPServerWrap).toBe(1 + (handlesBefore.TCPServerWrap ?? 0));
      // Collecting garbage holds everything up, which a short run cannot afford.
      const memory = SECONDS >= MIN_SECONDS_TO_COMPARE_RSS ? new MemoryWatch(SECONDS) : undefined;
      const end = performance.now() + SECONDS * 1_000;
      let acts = 0;
      const surprises: unknown[] = [];
      const live = async (client: SwarmClient, seed: number): Promise<void> => {
        const random = new SeededRandom(seed);
        while (performance.now() < end) {
          await act(client, random).catch((error) => {
            const isNotConnected = error instanceof Error && error.message.startsWith('Not connected');
            if (!isNotConnected && !(isPageSwarmError(error) && HARMLESS.has(error.code))) surprises.push(error);
          });
          acts++;
        }
      };
      await Promise.all(
        clients.flatMap((client, index) => Array.from({ length: 8 }, (_, lane) => live(client, SEED + index * 100 + lane))),
      );
      const growth = memory?.stop();
      if (growth)
        process.stdout.write(
          `soak: ${acts} acts in ${SECONDS} s, RSS ${mib(growth.early)} after warm-up, ${mib(growth.late)} at the end\n`,
        );
      expect(surprises).toEqual([]);
      expect(acts).toBeGreaterThan(SECONDS * 50);
      expect(clients.map(({ pendingRequests }) => pendingRequests)).toEqual(clients.map(() => 0));
      await Promise.all(clients.map((client) => client.close()));
      await until(() => server.connectionCount === 0, 'the connections to end');
      await until(() => open.handlers === 0, 'the handlers to end');
      expect({ connections: atServer.connections, streams: atServer.streams }).toEqual({ connections: 0, streams: 0 });
      expect({ connections: atClient.connections, streams: atClient.streams }).toEqual({ connections: 0, streams: 0 });
      await server.close();
      await until(() => JSON.stringify(openHandles()) === JSON.stringify(handlesBefore), 'sockets and timers to be let go');
      if (growth) expect(growth.late - growth.early).toBeLessThan(MAX_GROWTH_BYTES);
      expect(
        [...atServer.reasons.keys(), ...atClient.reasons.keys()].filter((reason) => /protocol|credit|frame|limit/.test(reason)),
      ).toEqual([]);
    },
    SECONDS * 1_000 + 30_000,
  );
});
