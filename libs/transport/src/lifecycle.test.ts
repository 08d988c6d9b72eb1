import { type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PageSwarmError } from '@pageswarm/primitives';
import { MAX_STREAM_ID } from '@pageswarm/wire';
import { ByteReply, SwarmClient } from './index.ts';
import { CountingMetrics } from './testing/counting-metrics.ts';
import { listenBetween } from './testing/frozen-network.ts';
import { failure, loopback, PEER, QuietLogger, sleep, until } from './testing/loopback.ts';
import { WirePeer } from './testing/wire-peer.ts';

const swarm = loopback(afterEach);

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
    const between = await listenBetween(swarm, server);
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
    await between.cut();
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
    const between = await listenBetween(swarm, server);
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
    const between = await listenBetween(swarm, server);
    const client = new SwarmClient({ endpoint: between.endpoint, identity: PEER, logger: new QuietLogger() });
    swarm.later(() => client.destroy());
    await client.connect();
    between.freeze();
    const failures = await Promise.all(Array.from({ length: 20 }, () => failure(client.ping(30))));
    expect(failures.every(({ code }) => code === 'CONNECTION_TIMEOUT')).toBe(true);
  });
});
