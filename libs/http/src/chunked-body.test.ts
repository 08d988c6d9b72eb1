import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { waitUntil } from '@pageswarm/testing';
import fastify, { type FastifyInstance } from 'fastify';
import { sendChunks } from './chunked-body.ts';

const CHUNK = 65_536;
const PATIENCE_MS = 10_000;

let server: FastifyInstance;
afterEach(() => server.close());

interface Body {
  readonly made: number;
  readonly givenBack: readonly Uint8Array[];
  /** Bodies that nobody asks for more. */
  readonly over: number;
}

/** A server of one body, of which each chunk is filled with its number; `make` may throw instead. */
async function serving(chunks: number, make: (chunk: number) => void = () => {}): Promise<{ body: Body; port: number; url: string }> {
  const body = { made: 0, givenBack: [] as Uint8Array[], over: 0 };
  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      for (let chunk = 0; chunk < chunks; chunk++) {
        make(chunk);
        body.made++;
        yield Buffer.alloc(CHUNK, chunk);
      }
    } finally {
      body.over++;
    }
  }
  server = fastify({ exposeHeadRoutes: true });
  server.get('/', (_, reply) => {
    reply.header('x-earlier', 'kept');
    return sendChunks(reply, { status: 203, headers: { 'content-length': chunks * CHUNK } }, bytes(), (chunk) =>
      body.givenBack.push(chunk),
    );
  });
  await server.listen({ port: 0, host: '127.0.0.1' });
  const { port } = server.server.address() as AddressInfo;
  return { body, port, url: `http://127.0.0.1:${port}/` };
}

describe('a body of chunks', () => {
  it('comes in order under the head that was given, and each chunk is given back once', async () => {
    const { body, url } = await serving(20);
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('x-earlier'), answer.headers.get('content-length')]).toEqual([
      203,
      'kept',
      String(20 * CHUNK),
    ]);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(bytes.equals(Buffer.concat(Array.from({ length: 20 }, (_, chunk) => Buffer.alloc(CHUNK, chunk))))).toBe(true);
    await waitUntil('all chunks given back', PATIENCE_MS, () => body.givenBack.length === 20);
    expect(body.givenBack.map(([first]) => first)).toEqual(Array.from({ length: 20 }, (_, chunk) => chunk));
  });

  it('leaves nothing at a connection that brings many', async () => {
    const { port } = await serving(2);
    const listeners: number[] = [];
    server.server.on('request', ({ socket }) => listeners.push(socket.listenerCount('close')));
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let turn = 0; turn < 5; turn++) {
      const [answer] = await once(get({ port, host: '127.0.0.1', agent }), 'response');
      for await (const _ of answer);
    }
    agent.destroy();
    expect(new Set(listeners.slice(1)).size).toBe(1);
  });

  it('is not made for HEAD', async () => {
    const { body, url } = await serving(3);
    const answer = await fetch(url, { method: 'HEAD' });
    expect([answer.status, answer.headers.get('content-length'), body.made]).toEqual([203, String(3 * CHUNK), 0]);
  });

  it('is an error like any other if its first chunk cannot be had', async () => {
    const { url } = await serving(3, () => {
      throw new Error('not here');
    });
    const answer = await fetch(url);
    expect([answer.status, await answer.json()]).toEqual([500, expect.objectContaining({ message: 'not here' })]);
  });

  it('is broken off if a later one cannot', async () => {
    const { body, url } = await serving(3, (chunk) => {
      if (chunk === 2) throw new Error('gone');
    });
    await expect(fetch(url).then((answer) => answer.arrayBuffer())).rejects.toThrow();
    expect(body.over).toBe(1);
  });

  it('is made no faster than it is read, and no more of it once the reader left', async () => {
    const { body, port } = await serving(10_000);
    const socket = connect(port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    let seen = -1;
    // What the system buffers is not ours to say.
    await waitUntil('the server waits for its reader', PATIENCE_MS, async () => {
      const isSame = seen === body.made && seen > 0;
      seen = body.made;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return isSame;
    });
    expect(body.made).toBeLessThan(1_000);
    // One that the socket has, one that waits for it.
    expect(body.made - body.givenBack.length).toBe(2);
    socket.destroy();
    await once(socket, 'close');
    await waitUntil('the body is over', PATIENCE_MS, () => body.over === 1);
    expect(body.made).toBeLessThanOrEqual(seen + 1);
  });

  it('is over as well for a reader that leaves while an earlier answer of its connection is still under way', async () => {
    const { body, port } = await serving(10_000);
    const socket = connect(port, '127.0.0.1').pause();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(2));
    await waitUntil('both were asked', PATIENCE_MS, () => body.made > 3);
    socket.destroy();
    await waitUntil('both are over', PATIENCE_MS, () => body.over === 2);
  });
});
