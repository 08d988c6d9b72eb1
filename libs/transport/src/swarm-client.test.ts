import { type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PageSwarmError } from '@pageswarm/primitives';
import { SwarmClient, SwarmClientPool } from './index.ts';
import { CountingMetrics } from './testing/counting-metrics.ts';
import { listenBetween } from './testing/frozen-network.ts';
import { failure, loopback, PEER, QuietLogger, sleep, until } from './testing/loopback.ts';
import { listenByHand } from './testing/wire-peer.ts';

const swarm = loopback(afterEach);

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
    const between = await listenBetween(swarm, server);
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

describe('a pool of clients', () => {
  it('has one client per endpoint, closes idle connections and forgets the oldest', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => swarm.listen((s) => s.route('n', () => 1))));
    const [a, b, c] = servers.map((server) => server.address()) as [never, never, never];
    const pool = new SwarmClientPool({ identity: PEER, logger: new QuietLogger() }, { maxConnections: 2, idleMs: 40 });
    swarm.later(() => pool.close());
    expect(pool.get(a)).toBe(pool.get(a));
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

  it('has several connections to one endpoint when asked, one for each lane', async () => {
    const server = await swarm.listen((s) => s.route('peer', ({ context }) => context.remoteAddress.port));
    const pool = new SwarmClientPool({ identity: PEER, logger: new QuietLogger() });
    swarm.later(() => pool.close());
    const lanes = [0, 1, 2].map((lane) => pool.get(server.address(), lane));
    const ports = await Promise.all([...lanes, ...lanes].map((client) => client.request<number>('peer')));
    expect(new Set(ports).size).toBe(3);
    expect(server.connectionCount).toBe(3);
    expect(pool.get(server.address(), 1)).toBe(lanes[1]);
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
