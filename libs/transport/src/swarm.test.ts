import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { peerId } from '@pageswarm/primitives';
import { ByteReply, type NodeIdentity, SwarmClient, type SwarmClientOptions, SwarmServer, type SwarmServerOptions } from './index.ts';

const TRACKER: NodeIdentity = { peerId: peerId('a'.repeat(40)), role: 'tracker' };
const PEER: NodeIdentity = { peerId: peerId('b'.repeat(40)), role: 'peer' };
const open: { close(): unknown }[] = [];

async function listen(build: (server: SwarmServer) => void, options: Partial<SwarmServerOptions> = {}): Promise<SwarmServer> {
  const server = new SwarmServer({ host: '127.0.0.1', port: 0, identity: TRACKER, ...options });
  build(server);
  await new Promise<void>((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())));
  open.push(server);
  return server;
}

function connect(server: SwarmServer, options: Partial<SwarmClientOptions> = {}): SwarmClient {
  const client = new SwarmClient({ endpoint: server.address(), identity: PEER, ...options });
  open.unshift(client);
  return client;
}

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

describe('a swarm server and client', () => {
  it('answer a request, tell who is at the other end, and measure the round trip', async () => {
    const server = await listen((s) => s.route('double', ({ data, context }) => ({ twice: (data as number) * 2, who: context.peer.role })));
    const client = connect(server, { security: undefined });
    expect(await client.request('double', 21)).toEqual({ twice: 42, who: 'peer' });
    expect(client.remote).toEqual(TRACKER);
    expect(client.localAddress).toBe('127.0.0.1');
    expect(await client.ping()).toBeGreaterThan(0);
    expect(client.roundTripMs).toBeGreaterThan(0);
  });

  it('stream raw bytes with a head, with a shared key', async () => {
    const body = randomBytes(5_000_000);
    async function* chunks() {
      for (let offset = 0; offset < body.length; offset += 100_000) yield body.subarray(offset, offset + 100_000);
    }
    const server = await listen((s) => s.route('file', () => new ByteReply({ size: body.length }, chunks())), {
      security: { swarmKey: 'k' },
    });
    const client = connect(server, { security: { swarmKey: 'k' } });
    const answer = await client.bytes<{ size: number }>('file');
    expect(answer.head).toEqual({ size: body.length });
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of answer.body) {
      hash.update(chunk);
      size += chunk.length;
    }
    expect(size).toBe(body.length);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
  });

  it('take raw bytes with a request', async () => {
    const server = await listen((s) =>
      s.route('count', async ({ context }) => {
        let size = 0;
        for await (const chunk of context.requestBody ?? []) size += chunk.length;
        return size;
      }),
    );
    const client = connect(server);
    async function* chunks() {
      for (let i = 0; i < 50; i++) yield new Uint8Array(100_000);
    }
    const answer = await client.bytes('count', null, { requestBody: chunks() }).catch((error) => error);
    expect(answer.code).toBe('INVALID_REQUEST');
    expect(await client.request('count', null, { requestBody: chunks() })).toBe(5_000_000);
  });

  it('stream values, and leaving the loop stops the source', async () => {
    let stopped: unknown;
    const server = await listen((s) =>
      s.route('numbers', async function* ({ context }) {
        context.signal.addEventListener('abort', () => {
          stopped = context.signal.reason;
        });
        for (let i = 0; ; i++) yield i;
      }),
    );
    const client = connect(server);
    const seen: number[] = [];
    for await (const n of client.stream<number>('numbers')) {
      seen.push(n);
      if (n === 5000) break;
    }
    expect(seen).toHaveLength(5001);
    await client.ping();
    expect(stopped).toMatchObject({ code: 'CANCELLED' });
  });

  it('fails with the code of the handler, hides what is unknown', async () => {
    const server = await listen(
      (s) =>
        s.route('boom', () => {
          throw new Error('secret');
        }),
      { logger: { error() {}, warn() {} } },
    );
    const client = connect(server);
    await expect(client.request('boom')).rejects.toMatchObject({ code: 'INTERNAL', detail: 'Internal error' });
    await expect(client.request('nothing')).rejects.toMatchObject({ code: 'UNKNOWN_PATTERN' });
  });
});
