import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PageSwarmError } from '@pageswarm/primitives';
import { FrameFlag, FrameType } from '@pageswarm/wire';
import { from } from 'rxjs';
import { ByteReply, type SwarmContext } from './index.ts';
import { CHUNK, EndlessSource, sizeOf } from './testing/byte-sources.ts';
import { failure, loopback, sleep, until } from './testing/loopback.ts';
import { WirePeer } from './testing/wire-peer.ts';

const swarm = loopback(afterEach);

describe('a byte stream', () => {
  it('reads no further ahead than one window and what the sender may keep', async () => {
    const source = new EndlessSource();
    const server = await swarm.listen((s) => s.route('endless', () => new ByteReply(null, source)));
    const client = swarm.connect(server);
    await client.bytes('endless');
    await sleep(100);
    const stalledAt = source.asked;
    await sleep(50);
    expect(source.asked).toBe(stalledAt);
    expect(stalledAt * CHUNK.length).toBeLessThanOrEqual(1_048_576 + 262_144 + CHUNK.length);
  });

  it('that stalls stops nobody else on the connection', async () => {
    const server = await swarm.listen((s) =>
      s
        .route('endless', () => new ByteReply(null, new EndlessSource()))
        .route('file', () => new ByteReply(null, Readable.from([CHUNK, CHUNK]))),
    );
    const client = swarm.connect(server);
    for (let index = 0; index < 20; index++) await client.bytes('endless');
    await sleep(50);
    expect(await client.ping()).toBeLessThan(500);
    const { body } = await client.bytes('file');
    expect(await sizeOf(body)).toBe(2 * CHUNK.length);
  });

  it('goes on when its reader does, and ends when the reader leaves', async () => {
    const source = new EndlessSource();
    const server = await swarm.listen((s) => s.route('endless', () => new ByteReply(null, source)));
    const { body } = await swarm.connect(server).bytes('endless');
    await sleep(30);
    let size = 0;
    for await (const chunk of body) {
      size += chunk.length;
      if (size > 10_000_000) break;
    }
    expect(size).toBeGreaterThan(10_000_000);
    await until(() => source.isReleased, 'the source to be released');
  });

  it('gives memory back to its source once it was sent, so that a few buffers carry all of it unharmed', async () => {
    const BYTES = 150_000;
    const spare: Uint8Array[] = [];
    let [made, stamp] = [0, 0];
    async function* stamped() {
      for (; stamp < 200; stamp++) {
        const memory = spare.pop() ?? new Uint8Array(BYTES);
        if (memory[0] === 0) made++;
        yield memory.fill(stamp + 1);
      }
    }
    const server = await swarm.listen((s) => s.route('stamped', () => new ByteReply(null, stamped(), (chunk) => spare.push(chunk))));
    const { body } = await swarm.connect(server).bytes('stamped', null, { lendChunks: true });
    let at = 0;
    for await (const chunk of body)
      for (let used = 0; used < chunk.length; ) {
        const part = chunk.subarray(used, used + BYTES - (at % BYTES));
        if (!Buffer.alloc(part.length, Math.floor(at / BYTES) + 1).equals(part)) throw new Error(`Other bytes than were sent at ${at}`);
        used += part.length;
        at += part.length;
      }
    expect(at).toBe(200 * BYTES);
    expect(made).toBeLessThan(30);
    await until(() => spare.length === made, 'all memory to come back');
  });

  it('gives no memory back that the socket may still look at when nobody wants the rest', async () => {
    const given: Uint8Array[] = [];
    const source = new EndlessSource();
    const server = await swarm.listen((s) => s.route('endless', () => new ByteReply(null, source, (chunk) => given.push(chunk))));
    const { cancel } = await swarm.connect(server).bytes('endless');
    await sleep(50);
    cancel();
    await until(() => source.isReleased, 'the source to be released');
    await sleep(20);
    expect(given.length).toBeGreaterThan(0);
    expect(given.length).toBeLessThan(source.asked);
  });

  it('is cancelled by its cancel(), and what was not read is dropped', async () => {
    const source = new EndlessSource();
    const server = await swarm.listen((s) => s.route('endless', () => new ByteReply({ n: 1 }, source)));
    const client = swarm.connect(server);
    const { body, cancel } = await client.bytes('endless');
    await sleep(20);
    cancel();
    cancel();
    expect(await failure(sizeOf(body))).toMatchObject({ code: 'CANCELLED' });
    await until(() => source.isReleased, 'the source to be released');
    expect(client.pendingRequests).toBe(0);
  });

  it('destroys the Readable of a handler when nobody wants it', async () => {
    const readable = new Readable({
      read() {
        this.push(CHUNK);
      },
    });
    const server = await swarm.listen((s) => s.route('readable', () => readable));
    const { cancel } = await swarm.connect(server).bytes('readable');
    cancel();
    await until(() => readable.destroyed, 'the Readable to be destroyed');
  });

  it('delivers what came before its source failed, then the error', async () => {
    async function* failing() {
      yield CHUNK;
      throw new PageSwarmError('PIECE_NOT_HERE', 'piece 7');
    }
    const server = await swarm.listen((s) => s.route('failing', () => new ByteReply(null, failing())));
    const { body } = await swarm.connect(server).bytes('failing');
    let size = 0;
    const read = (async () => {
      for await (const chunk of body) size += chunk.length;
    })();
    expect(await failure(read)).toMatchObject({ code: 'PIECE_NOT_HERE', detail: 'piece 7' });
    expect(size).toBe(CHUNK.length);
  });

  it.each([0, 1, 65_535, 65_536, 65_537, 3_000_000])('carries %i bytes unchanged, in whatever chunks they come', async (length) => {
    const bytes = randomBytes(length);
    async function* pieces() {
      for (let at = 0, size = 1; at < length; at += size, size = ((size * 31) % 250_007) + 1) {
        yield bytes.subarray(at, at + size);
        if (size % 4 === 0) yield new Uint8Array(0);
      }
    }
    const server = await swarm.listen((s) => s.route('file', () => new ByteReply({ length }, pieces())));
    const { body } = await swarm.connect(server).bytes('file');
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('with windows of different sizes at both ends', async () => {
    const server = await swarm.listen((s) => s.route('file', () => new ByteReply(null, Readable.from([Buffer.alloc(300_000, 1)]))), {
      limits: { streamWindowBytes: 4_096 },
    });
    const client = swarm.connect(server, { limits: { streamWindowBytes: 5_000, maxDataBytes: 4_096 } });
    expect(await sizeOf((await client.bytes('file')).body)).toBe(300_000);
    const echo = swarm.connect(server);
    expect(await sizeOf((await echo.bytes('file')).body)).toBe(300_000);
  });

  it('refuses a source of anything but bytes', async () => {
    const server = await swarm.listen((s) => s.route('wrong', () => new ByteReply(null, Readable.from([{ a: 1 }]))));
    const { body } = await swarm.connect(server).bytes('wrong');
    expect(await failure(sizeOf(body))).toMatchObject({ code: 'INTERNAL' });
  });

  it('shares a connection fairly with 63 others', async () => {
    const server = await swarm.listen((s) => s.route('endless', () => new ByteReply(null, new EndlessSource())));
    const client = swarm.connect(server);
    const sizes = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const { body } = await client.bytes('endless');
        return { body, size: 0 };
      }),
    );
    let total = 0;
    await Promise.all(
      sizes.map(async (one) => {
        for await (const chunk of one.body) {
          one.size += chunk.length;
          total += chunk.length;
          if (total > 256_000_000) break;
        }
      }),
    );
    const mean = total / 64;
    expect(Math.min(...sizes.map(({ size }) => size))).toBeGreaterThan(mean * 0.8);
  });
});

describe('a request body', () => {
  it('is read no faster than the handler reads', async () => {
    const source = new EndlessSource();
    let context: SwarmContext | undefined;
    const server = await swarm.listen((s) =>
      s.route('slow', (request) => {
        context = request.context;
        return new Promise(() => {});
      }),
    );
    const cancel = new AbortController();
    const client = swarm.connect(server);
    const request = failure(client.request('slow', null, { requestBody: source, signal: cancel.signal }));
    await sleep(80);
    expect(source.asked * CHUNK.length).toBeLessThanOrEqual(1_048_576 + 262_144 + CHUNK.length);
    cancel.abort();
    expect(await request).toMatchObject({ code: 'CANCELLED' });
    await until(() => source.isReleased && context?.signal.aborted === true, 'both ends to stop');
    expect(await failure(sizeOf(context?.requestBody ?? (from([]) as never)))).toMatchObject({ code: 'CANCELLED' });
  });

  it('stops when the handler leaves it, and the answer still comes', async () => {
    const source = new EndlessSource();
    const server = await swarm.listen((s) =>
      s.route('first', async ({ context }) => {
        for await (const chunk of context.requestBody ?? []) {
          if (chunk.length > 0) break;
        }
        await until(() => source.isReleased, 'the body to stop');
        return 'enough';
      }),
    );
    expect(await swarm.connect(server).request('first', null, { requestBody: source })).toBe('enough');
  });

  it('stops when the answer comes first', async () => {
    const source = new EndlessSource();
    const server = await swarm.listen((s) => s.route('at-once', () => 'done'));
    expect(await swarm.connect(server).request('at-once', null, { requestBody: source })).toBe('done');
    await until(() => source.isReleased, 'the body to stop');
  });

  it('that fails cancels the request with its own error', async () => {
    let reason: unknown;
    const server = await swarm.listen((s) =>
      s.route('read', async ({ context }) => {
        context.signal.addEventListener('abort', () => {
          reason = context.signal.reason;
        });
        return sizeOf(context.requestBody ?? (from([]) as never));
      }),
    );
    async function* failing() {
      yield CHUNK;
      throw new PageSwarmError('STORE_FAILED', 'disk');
    }
    expect(await failure(swarm.connect(server).request('read', null, { requestBody: failing() }))).toMatchObject({ code: 'STORE_FAILED' });
    await until(() => reason !== undefined, 'the handler to hear of it');
  });

  it('may flow while the answer flows back', async () => {
    const server = await swarm.listen((s) =>
      s.route('echo', ({ context }) => new ByteReply(null, context.requestBody ?? (from([]) as never))),
    );
    const bytes = randomBytes(4_000_000);
    const { body } = await swarm.connect(server).bytes('echo', null, { requestBody: Readable.from([bytes]) });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(bytes)).toBe(true);
  });

  it('is counted in whole frames, so that small ones cannot pile up', async () => {
    const server = await swarm.listen((s) => s.route('wait', () => new Promise(() => {})));
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.request(1, 'wait', null, { flags: FrameFlag.BODY });
    for (let index = 0; index <= 1_048_576 / 17; index++) peer.send(FrameType.DATA, 'x', { streamId: 1 });
    expect(await peer.closed()).toBe('CREDIT_EXCEEDED');
  });
});
