import { once } from 'node:events';
import { connect } from 'node:net';
import { ClientTCP } from '@nestjs/microservices';
import type { SwarmClient } from '@pageswarm/transport';
import { firstValueFrom } from 'rxjs';
import { type BenchPorts, type CpuMeter, LengthPrefixed } from './transport-sides.ts';
import type { TransportTable } from './transport-table.ts';

const REQUESTS = 30_000;
const MANY = 64;
/** More than are ever in flight, and a power of two. */
const SLOTS = 1_024;
const QUESTION = {
  documentId: 'a'.repeat(64),
  pieces: [
    [0, 10],
    [20, 5],
  ],
  name: 'a small request',
};

type Ask = () => Promise<unknown>;

/** Who answers small requests, each over one connection of its own. All are asked by the same loop. */
export class RequestContenders {
  private readonly asks: ReadonlyMap<string, Ask>;

  private constructor(
    asks: Record<string, Ask>,
    private readonly tcp: ClientTCP,
  ) {
    this.asks = new Map(Object.entries(asks));
  }

  static async connect(ports: BenchPorts, swarm: SwarmClient): Promise<RequestContenders> {
    const tcp = new ClientTCP({ host: '127.0.0.1', port: ports.tcp });
    await tcp.connect();
    const asks = {
      'bare echo': await bareEcho(ports.echo),
      'swarm route': () => swarm.request('fast', QUESTION),
      'swarm Nest handler': () => firstValueFrom(swarm.send('echo', QUESTION)),
      'Nest TCP': () => firstValueFrom(tcp.send('echo', QUESTION)),
    };
    return new RequestContenders(asks, tcp);
  }

  /** Lets the compiler see all of it: the first tens of thousands of requests are several times slower than the rest. */
  async warmUp(): Promise<void> {
    for (let turn = 0; turn < 2; turn++) for (const ask of this.asks.values()) await inFlight(MANY, REQUESTS, ask);
  }

  /** One turn of everybody. */
  async round(table: TransportTable, cpu: CpuMeter): Promise<void> {
    const [many, one] = [new Map<string, Turn>(), new Map<string, Turn>()];
    for (const [name, ask] of this.asks) many.set(name, await timed(MANY, REQUESTS, ask, cpu));
    for (const [name, ask] of this.asks) one.set(name, await timed(1, REQUESTS / 10, ask, cpu));
    for (const [name, { rate, asker, answerer }] of many) {
      table.add(`${name}, ${MANY} in flight`, '/s', rate);
      table.add(`${name}, CPU of the asker`, 'us', asker);
      table.add(`${name}, CPU of the answerer`, 'us', answerer);
    }
    for (const [name, { rate }] of one) table.add(`${name}, 1 in flight`, 'us', 1e6 / rate);
    const ratio = (of: Turn | undefined, to: Turn | undefined): number => (of?.rate ?? 0) / (to?.rate ?? 0);
    const cost = (turn: Turn | undefined): number => (turn?.asker ?? 0) + (turn?.answerer ?? 0);
    const [echo, tcp] = [many.get('bare echo'), many.get('Nest TCP')];
    for (const name of ['swarm route', 'swarm Nest handler']) {
      table.add(`${name}: times the rate of Nest TCP`, '', ratio(many.get(name), tcp));
      table.add(`${name}: times less CPU than Nest TCP`, '', cost(tcp) / cost(many.get(name)));
    }
    table.add('swarm route: share of the rate of the bare echo', '', ratio(many.get('swarm route'), echo));
    table.add('swarm route: times the latency of the bare echo', '', ratio(one.get('bare echo'), one.get('swarm route')));
  }

  judge(table: TransportTable): void {
    table.atLeast('swarm route: times the rate of Nest TCP', 3.5);
    table.atLeast('swarm Nest handler: times the rate of Nest TCP', 2);
    table.atLeast('swarm route: share of the rate of the bare echo', 0.7);
    table.atMost('swarm route: times the latency of the bare echo', 1.3);
  }

  close(): void {
    this.tcp.close();
  }
}

/** Requests per second, and microseconds of CPU that one cost on each side. */
interface Turn {
  readonly rate: number;
  readonly asker: number;
  readonly answerer: number;
}

async function timed(many: number, count: number, ask: Ask, cpu: CpuMeter): Promise<Turn> {
  const before = await cpu.read();
  const started = performance.now();
  await inFlight(many, count, ask);
  const ms = performance.now() - started;
  const after = await cpu.read();
  const us = (later: number, earlier: number): number => ((later - earlier) * 1e6) / count;
  return { rate: (count * 1_000) / ms, asker: us(after.own, before.own), answerer: us(after.theirs, before.theirs) };
}

async function inFlight(many: number, count: number, ask: Ask): Promise<void> {
  let left = count;
  await Promise.all(
    Array.from({ length: many }, async () => {
      while (left-- > 0) await ask();
    }),
  );
}

async function bareEcho(port: number): Promise<Ask> {
  const waiting: ((() => void) | undefined)[] = new Array(SLOTS).fill(undefined);
  let last = 0;
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  await once(socket, 'connect');
  socket.unref();
  const connection = new LengthPrefixed(socket, ({ id }) => {
    const resolve = waiting[id % SLOTS];
    waiting[id % SLOTS] = undefined;
    resolve?.();
  });
  return () =>
    new Promise<void>((resolve) => {
      waiting[++last % SLOTS] = resolve;
      connection.send({ id: last, data: QUESTION });
    });
}
