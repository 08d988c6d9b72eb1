import { connect as connectTcp, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PageSwarmError } from '@pageswarm/primitives';
import { MAX_STREAM_ID } from '@pageswarm/wire';
import {
  ByteReply,
  type CloseReason,
  type Direction,
  NO_METRICS,
  SwarmClient,
  SwarmClientPool,
  type SwarmServer,
  type TransportMetrics,
} from './index.ts';
import { failure, loopback, PEER, QuietLogger, sleep, until } from './testing/loopback.ts';
import { listenByHand, WirePeer } from './testing/wire-peer.ts';

const swarm = loopback(afterEach);

/** Hands every connection on to `target`, and can pretend that the network has died. */
async function listenBetween(target: SwarmServer): Promise<{ endpoint: { host: string; port: number }; freeze(): void; cut(): void }> {
  const pairs: Socket[] = [];
  const { host, port } = target.address();
  const { endpoint, close } = await listenByHand((near) => {
    const far = connectTcp({ host, port });
    far.on('error', () => {});
    pairs.push(near, far);
    near.pipe(far);
    far.pipe(near);
  });
  swarm.later(async () => {
    for (const socket of pairs) socket.destroy();
    await close();
  });
  return {
    endpoint,
    freeze() {
      for (const socket of pairs) socket.unpipe().removeAllListeners('data').resume();
    },
    cut() {
      for (const socket of pairs.splice(0)) socket.destroy();
    },
  };
}

class CountingMetrics implements TransportMetrics {
  readonly closed: string[] = [];
  readonly counts = { open: 0, streams: 0, in: 0, out: 0, stalls: 0, pings: 0 };

  connectionOpened(): void {
    this.counts.open++;
  }
  connectionClosed(direction: Direction, reason: CloseReason): void {
    this.counts.open--;
    this.closed.push(`${direction} ${reason}`);
  }
  streamOpened(): void {
    this.counts.streams++;
  }
  streamClosed(): void {
    this.counts.streams--;
  }
  bytes(direction: Direction, count: number): void {
    this.counts[direction] += count;
  }
  creditStall(): void {
    this.counts.stalls++;
  }
  roundTrip(): void {
    this.counts.pings++;
  }
}

describe('closing a server', () => {
  it('lets running requests finish and refuses new ones', async () => {
    let finish: (value: string) => void = () => {};
    const server = await swarm.listen((s) =>
      s.route(
        'slow',
        () =>
          new Promise((resolve) => {
            finish = resolve;
          }),
      ),
    );
    const client = swarm.connect(server);
    const slow = client.request('slow');
    await client.ping();
    const closed = server.close();
    await until(() => !client.isConnected, 'the client to hear of it');
    expect(await failure(client.request('slow'))).toMatchObject({ code: 'CONNECTION_REFUSED' });
    finish('done');
    expect(await slow).toBe('done');
    await closed;
    expect(server.connectionCount).toBe(0);
  });

  it('ends what is not done within the drain time, open sockets included', async () => {
    const server = await swarm.listen((s) => s.route('never', () => new Promise(() => {})), {
      limits: { drainTimeoutMs: 50, lingerMs: 50 },
    });
    const client = swarm.connect(server);
    const never = client.request('never');
    const idle = await (await WirePeer.connect(server.address())).shakeHands();
    const shaking = await WirePeer.connect(server.address());
    await client.ping();
    const started = performance.now();
    const [error] = await Promise.all([failure(never), server.close(), server.close(), idle.closed(), shaking.closed()]);
    expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(performance.now() - started).toBeLessThan(1_500);
    await server.close();
  });

  it('sends the whole of an answer that was ready', async () => {
    const server = await swarm.listen((s) =>
      s.route(
        'file',
        () =>
          new ByteReply(
            null,
            (async function* () {
              for (let index = 0; index < 80; index++) yield Buffer.alloc(65_536);
            })(),
          ),
      ),
    );
    const client = swarm.connect(server);
    const { body } = await client.bytes('file');
    const closed = server.close();
    let size = 0;
    for await (const chunk of body) size += chunk.length;
    expect(size).toBe(80 * 65_536);
    await closed;
  });

  it('tells requests that cross its GO_AWAY', async () => {
    const server = await swarm.listen((s) => s.route('never', () => new Promise(() => {})), { limits: { drainTimeoutMs: 200 } });
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.request(1, 'no such');
    await peer.frame('ERROR', 1);
    const closed = server.close();
    expect((await peer.frame('GO_AWAY')).flags).toBe(0);
    peer.request(3, 'never');
    expect(JSON.parse((await peer.frame('ERROR', 3)).payload.toString())).toMatchObject({ code: 'GOING_AWAY' });
    peer.socket.end();
    await closed;
  });

  it('before listening is nothing', async () => {
    const server = await swarm.listen();
    expect(() => server.unwrap()).not.toThrow();
    await server.close();
    await expect(new Promise((_resolve, reject) => server.listen(reject))).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });
});

describe('listening', () => {
  it('names a port that is taken', async () => {
    const server = await swarm.listen();
    await expect(swarm.listen(() => {}, { port: server.address().port })).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      detail: expect.stringContaining('EADDRINUSE'),
    });
  });

  it('refuses two routes of one pattern', async () => {
    await expect(swarm.listen((s) => s.route('a', () => 1).route('a', () => 2))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });

  it('tells its status and attaches listeners that came early', async () => {
    const seen: string[] = [];
    const server = await swarm.listen((s) => {
      s.status.subscribe((status) => seen.push(status));
      s.on('listening', () => seen.push('listening'));
      expect(() => s.unwrap()).toThrow('Not initialized');
      expect(() => s.address()).toThrow('Not listening');
    });
    await server.close();
    expect(seen.sort()).toEqual(['connected', 'disconnected', 'listening']);
  });
});

describe('a lost connection', () => {
  it('fails each request that waits exactly once, and the next use connects again', async () => {
    const server = await swarm.listen((s) =>
      s
        .route('never', () => new Promise(() => {}))
        .route('n', () => 1)
        .route('values', async function* () {
          yield 1;
          await new Promise(() => {});
        }),
    );
    const between = await listenBetween(server);
    const client = new SwarmClient({ endpoint: between.endpoint, identity: PEER, logger: new QuietLogger() });
    swarm.later(() => client.destroy());
    const failures: string[] = [];
    const note = (error: { code: string }): void => {
      failures.push(error.code);
    };
    for (let index = 0; index < 5; index++) client.request('never').catch(note);
    client.send('never', {}).subscribe({ error: note });
    const values = client.stream('values');
    await values.next();
    await client.ping();
    between.cut();
    await until(() => failures.length >= 6, 'the requests to fail');
    expect(await failure(values.next())).toMatchObject({ code: 'CONNECTION_LOST' });
    await sleep(20);
    expect(failures).toEqual(Array(6).fill('CONNECTION_LOST'));
    expect(client.pendingRequests).toBe(0);
    expect(await client.request('n')).toBe(1);
  });

  it('stops the handlers of its requests', async () => {
    let reason: unknown;
    const server = await swarm.listen((s) =>
      s.route('never', ({ context }) => {
        context.signal.addEventListener('abort', () => {
          reason = context.signal.reason;
        });
        return new Promise(() => {});
      }),
    );
    const client = swarm.connect(server);
    client.request('never').catch(() => {});
    await client.ping();
    client.destroy();
    await until(() => reason !== undefined, 'the handler to hear of it');
    expect(reason).toMatchObject({ code: 'CONNECTION_LOST' });
  });

  it('is noticed by silence when nobody says that it is dead', async () => {
    const metrics = new CountingMetrics();
    const server = await swarm.listen((s) => s.route('never', () => new Promise(() => {})));
    const between = await listenBetween(server);
    const client = new SwarmClient({
      endpoint: between.endpoint,
      identity: PEER,
      metrics,
      logger: new QuietLogger(),
      limits: { heartbeatIntervalMs: 20, heartbeatTimeoutMs: 80 },
    });
    swarm.later(() => client.destroy());
    const never = failure(client.request('never'));
    await until(() => client.roundTripMs !== undefined, 'a heartbeat');
    between.freeze();
    expect(await never).toMatchObject({ code: 'CONNECTION_LOST' });
    expect(metrics.closed).toEqual(['out heartbeat-timeout']);
  });

  it('stays open for as long as heartbeats come', async () => {
    const limits = { heartbeatIntervalMs: 10, heartbeatTimeoutMs: 150 };
    const server = await swarm.listen(() => {}, { limits });
    const client = swarm.connect(server, { limits });
    await client.connect();
    await sleep(250);
    expect(client.isConnected).toBe(true);
    expect(client.minRoundTripMs).toBeLessThanOrEqual(client.roundTripMs as number);
  });
});

describe('a client', () => {
  it('closes a connection that is idle, and connects again', async () => {
    const metrics = new CountingMetrics();
    const server = await swarm.listen((s) => s.route('n', () => 1));
    const client = swarm.connect(server, { metrics, limits: { idleTimeoutMs: 30 } });
    expect(await client.request('n')).toBe(1);
    await until(() => !client.isConnected, 'the idle close');
    expect(metrics.closed).toEqual(['out idle']);
    expect(await client.request('n')).toBe(1);
  });

  it('drains on close: what runs is answered, what comes later is refused', async () => {
    let finish: (value: string) => void = () => {};
    const server = await swarm.listen((s) =>
      s.route(
        'slow',
        () =>
          new Promise((resolve) => {
            finish = resolve;
          }),
      ),
    );
    const client = swarm.connect(server);
    const slow = client.request('slow');
    await client.ping();
    const closed = Promise.all([client.close(), client.close()]);
    expect(await failure(client.request('slow'))).toMatchObject({ code: 'GOING_AWAY' });
    expect(await failure(client.connect())).toMatchObject({ code: 'GOING_AWAY' });
    finish('done');
    expect(await slow).toBe('done');
    await closed;
  });

  it('that is destroyed while it connects fails who waits', async () => {
    const { endpoint, close } = await listenByHand(() => {});
    swarm.later(close);
    const client = new SwarmClient({ endpoint, identity: PEER, logger: new QuietLogger() });
    const waiting = [failure(client.connect()), failure(client.request('n')), failure(client.ping())];
    await sleep(20);
    client.destroy(new PageSwarmError('CANCELLED', 'enough'));
    client.destroy();
    for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'CANCELLED', detail: 'enough' });
  });

  it('tells its status and its events', async () => {
    const server = await swarm.listen();
    const client = swarm.connect(server);
    const seen: unknown[] = [];
    client.status.subscribe((status) => seen.push(status));
    client.on('connect', (remote) => seen.push(remote.role));
    client.on('disconnect', ({ code }) => seen.push(code));
    expect(() => client.unwrap()).toThrow('Not connected');
    await client.connect();
    expect(client.unwrap<Socket>().remotePort).toBe(server.address().port);
    server.destroy();
    await until(() => seen.length === 4, 'the loss');
    expect(seen).toEqual(
      ['connected', 'tracker', 'disconnected', 'CONNECTION_LOST'].filter(Boolean).sort((a, b) => seen.indexOf(a) - seen.indexOf(b)),
    );
    expect(client.remote).toBeUndefined();
  });

  it('that must keep its connection dials again, with growing waits, until it is closed', async () => {
    const server = await swarm.listen((s) => s.route('n', () => 1));
    const between = await listenBetween(server);
    const client = new SwarmClient({
      endpoint: between.endpoint,
      identity: PEER,
      logger: new QuietLogger(),
      keepConnected: { minMs: 10, maxMs: 20 },
    });
    swarm.later(() => client.destroy());
    await client.connect();
    for (let round = 0; round < 3; round++) {
      between.cut();
      await until(() => !client.isConnected, 'the loss');
      await until(() => client.isConnected, 'the return');
    }
    await client.close();
    await sleep(50);
    expect(client.isConnected).toBe(false);
  });

  it('leaves no connection of a failed handshake behind', async () => {
    const server = await swarm.listen(() => {}, { security: { swarmKey: 'k' } });
    const client = swarm.connect(server, { security: { swarmKey: 'other' } });
    for (let round = 0; round < 5; round++) await failure(client.connect());
    await until(() => server.connectionCount === 0, 'the server to forget them');
  });
});

describe('metrics', () => {
  it('return to zero and count every byte of both ends', async () => {
    const [atServer, atClient] = [new CountingMetrics(), new CountingMetrics()];
    const server = await swarm.listen(
      (s) =>
        s
          .route('n', () => 1)
          .route(
            'file',
            () =>
              new ByteReply(
                null,
                (async function* () {
                  for (let index = 0; index < 40; index++) yield Buffer.alloc(65_536);
                })(),
              ),
          ),
      { metrics: atServer },
    );
    const client = swarm.connect(server, { metrics: atClient });
    await client.request('n');
    const { body } = await client.bytes('file');
    await until(() => atServer.counts.stalls === 1, 'the stall');
    for await (const _chunk of body);
    await client.ping();
    await client.close();
    await until(() => atServer.counts.open === 0, 'the close');
    expect(atServer.counts).toMatchObject({ open: 0, streams: 0, stalls: expect.any(Number) });
    expect(atClient.counts).toMatchObject({ open: 0, streams: 0, pings: 1 });
    expect(atServer.counts.out).toBe(atClient.counts.in);
    expect(atServer.counts.in).toBe(atClient.counts.out);
    expect(atClient.closed).toEqual(['out local-close']);
    expect(NO_METRICS.bytes('in', 1)).toBeUndefined();
  });
});

describe('a pool of clients', () => {
  it('has one client per endpoint, closes idle connections and forgets the oldest', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => swarm.listen((s) => s.route('n', () => 1))));
    const [a, b, c] = servers.map((server) => server.address()) as [never, never, never];
    const pool = new SwarmClientPool({ identity: PEER, logger: new QuietLogger() }, { maxConnections: 2, idleMs: 40 });
    swarm.later(() => pool.close());
    expect(pool.get(a)).toBe(pool.get(a));
    expect(new SwarmClientPool({ identity: PEER }).get(a, 1)).not.toBe(pool.get(a));
    const first = pool.get(a);
    expect(await first.request('n')).toBe(1);
    await pool.get(b).connect();
    await until(() => !first.isConnected, 'the idle close');
    expect(await pool.get(c).request('n')).toBe(1);
    expect(pool.size).toBe(2);
    expect(pool.get(c)).toBe(pool.get(c));
    expect(await first.request('n')).toBe(1);
    await first.close();
  });

  it('refuses one more when all are busy, and everything after close', async () => {
    const server = await swarm.listen((s) => s.route('never', () => new Promise(() => {})));
    const other = await swarm.listen();
    const pool = new SwarmClientPool({ identity: PEER, logger: new QuietLogger(), limits: { drainTimeoutMs: 30 } }, { maxConnections: 1 });
    const never = failure(pool.get(server.address()).request('never'));
    expect(() => pool.get(other.address())).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    await pool.close();
    expect(await never).toMatchObject({ code: expect.stringMatching(/CONNECTION_LOST|GOING_AWAY/) });
    expect(() => pool.get(other.address())).toThrow(expect.objectContaining({ code: 'GOING_AWAY' }));
  });
});

describe('what is counted', () => {
  it('a connection that has used up its stream ids is replaced by a new one', async () => {
    const server = await swarm.listen((s) => s.route('n', () => 1));
    const client = swarm.connect(server);
    await client.connect();
    const before = client.unwrap<Socket>();
    const { current } = (client as unknown as { connections: { current: object } }).connections;
    Object.assign(current, { nextStreamId: MAX_STREAM_ID - 3 });
    expect(await Promise.all([client.request('n'), client.request('n'), client.request('n')])).toEqual([1, 1, 1]);
    expect(client.unwrap<Socket>()).not.toBe(before);
  });

  it('the detail of an error is cut before it travels', async () => {
    const server = await swarm.listen((s) =>
      s.route('long', () => {
        throw new PageSwarmError('NO_HOSTS', 'x'.repeat(5_000));
      }),
    );
    expect((await failure(swarm.connect(server).request('long'))).detail).toHaveLength(1_024);
  });

  it('pings that wait without an answer: each fails after its time', async () => {
    const server = await swarm.listen();
    const between = await listenBetween(server);
    const client = new SwarmClient({ endpoint: between.endpoint, identity: PEER, logger: new QuietLogger() });
    swarm.later(() => client.destroy());
    await client.connect();
    between.freeze();
    const failures = await Promise.all(Array.from({ length: 20 }, () => failure(client.ping(30))));
    expect(failures.every(({ code }) => code === 'CONNECTION_TIMEOUT')).toBe(true);
  });
});

describe('a frame trace', () => {
  it('names every frame of both directions and no payload', async () => {
    const lines: string[] = [];
    const logger = { ...new QuietLogger(), error() {}, warn() {}, debug: (line: unknown) => lines.push(String(line)) };
    const server = await swarm.listen((s) =>
      s.route('file', () => new ByteReply({ secret: 'head' }, Readable.from([Buffer.from('secret body')]))),
    );
    const client = swarm.connect(server, { logger, traceFrames: true });
    const { body } = await client.bytes('file', 'secret question');
    for await (const _chunk of body);
    const frames = lines.map((line) => line.replace(/127\.0\.0\.1:\d+ /, '').replace(/ flags=.*/, ''));
    expect(frames).toEqual(
      expect.arrayContaining(['< HELLO stream=0', '< READY stream=0', '> REQUEST stream=1', '< HEAD stream=1', '< DATA stream=1']),
    );
    expect(lines.join()).not.toContain('secret');
  });
});
