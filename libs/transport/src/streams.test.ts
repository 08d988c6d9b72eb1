import { randomBytes } from 'node:crypto';
import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PageSwarmError } from '@pageswarm/primitives';
import { FrameFlag, FrameType } from '@pageswarm/wire';
import { concat, from, lastValueFrom, NEVER, Observable, of, range, throwError, toArray } from 'rxjs';
import { ByteReply, type SwarmContext } from './index.ts';
import { failure, loopback, QuietLogger, sleep, until } from './testing/loopback.ts';
import { WirePeer } from './testing/wire-peer.ts';

const swarm = loopback(afterEach);
const CHUNK = Buffer.alloc(65_536, 0x2a);

/** Counts what it was asked for, and whether it was let go. */
class EndlessSource implements AsyncIterableIterator<Uint8Array> {
  asked = 0;
  isReleased = false;

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.isReleased) return { done: true, value: undefined };
    this.asked++;
    return { done: false, value: CHUNK };
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.isReleased = true;
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

async function sizeOf(body: AsyncIterable<Uint8Array>): Promise<number> {
  let size = 0;
  for await (const chunk of body) size += chunk.length;
  return size;
}

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

describe('a stream of values', () => {
  it('is pulled no faster than it is read', async () => {
    let made = 0;
    const server = await swarm.listen((s) =>
      s.route('numbers', async function* () {
        for (;;) yield { n: made++, padding: 'x'.repeat(1_000) };
      }),
    );
    const values = swarm.connect(server).stream<{ n: number }>('numbers');
    expect((await values.next()).value).toMatchObject({ n: 0 });
    await sleep(100);
    expect(made).toBeLessThan(1_400);
    const seen: unknown[] = [];
    for (let n = 1; n < 5_000; n++) seen.push(((await values.next()).value as { n: number }).n);
    expect(seen).toEqual(Array.from({ length: 4_999 }, (_, index) => index + 1));
    await values.return();
    const before = made;
    await sleep(20);
    expect(made - before).toBeLessThan(1_400);
  });

  it('from an Observable ends with LIMIT_EXCEEDED when its reader is too slow', async () => {
    let isUnsubscribed = false;
    const flood = new Observable<string>((subscriber) => {
      const timer = setInterval(() => {
        for (let burst = 0; burst < 100; burst++) subscriber.next('x'.repeat(10_000));
      }, 1);
      return () => {
        isUnsubscribed = true;
        clearInterval(timer);
      };
    });
    const server = await swarm.listen((s) => s.route('flood', () => flood));
    const values = swarm.connect(server).stream('flood');
    await values.next();
    await until(() => isUnsubscribed, 'the Observable to be left');
    const read = (async () => {
      for await (const _value of values);
    })();
    expect(await failure(read)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('of one turn that never ends by itself is left in time', async () => {
    const server = await swarm.listen((s) => s.route('endless', () => range(0, 1e12)));
    const read = (async () => {
      for await (const _value of swarm.connect(server).stream('endless'));
    })();
    expect(await failure(read)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('keeps undefined, null and empty values apart', async () => {
    const server = await swarm.listen((s) => s.route('odd', () => of(undefined, null, '', 0, false)));
    const seen: unknown[] = [];
    for await (const value of swarm.connect(server).stream('odd')) seen.push(value);
    expect(seen).toEqual([undefined, null, '', 0, false]);
  });

  it('delivers what came before an error', async () => {
    const server = await swarm.listen((s) =>
      s.route('some', () =>
        concat(
          of(1, 2),
          throwError(() => new PageSwarmError('NO_HOSTS', 'none')),
        ),
      ),
    );
    const client = swarm.connect(server);
    const seen: unknown[] = [];
    const read = (async () => {
      for await (const value of client.stream('some')) seen.push(value);
    })();
    expect(await failure(read)).toMatchObject({ code: 'NO_HOSTS' });
    expect(seen).toEqual([1, 2]);
    expect(await failure(lastValueFrom(client.send('some', {}).pipe(toArray())))).toMatchObject({ code: 'NO_HOSTS' });
  });

  it('asked as one value gives the first and stops the rest', async () => {
    let isUnsubscribed = false;
    const server = await swarm.listen((s) =>
      s.route('many', () =>
        concat(of('first'), NEVER).pipe(
          (source) =>
            new Observable((subscriber) => {
              const subscription = source.subscribe(subscriber);
              return () => {
                isUnsubscribed = true;
                subscription.unsubscribe();
              };
            }),
        ),
      ),
    );
    expect(await swarm.connect(server).request('many')).toBe('first');
    await until(() => isUnsubscribed, 'the rest to be stopped');
  });

  it('without values gives none, and undefined to who asks for one', async () => {
    const server = await swarm.listen((s) => s.route('none', () => of()));
    const client = swarm.connect(server);
    const seen: unknown[] = [];
    for await (const value of client.stream('none')) seen.push(value);
    expect(seen).toEqual([]);
    expect(await client.request('none')).toBeUndefined();
  });

  it('asks nothing before it is read', async () => {
    let calls = 0;
    const server = await swarm.listen((s) => s.route('n', () => of(calls++)));
    const values = swarm.connect(server).stream('n');
    await sleep(20);
    expect(calls).toBe(0);
    await values.return();
  });
});

describe('a deadline', () => {
  it('fails the request on both ends', async () => {
    let reason: unknown;
    let deadline = 0;
    const server = await swarm.listen((s) =>
      s.route('slow', ({ context }) => {
        deadline = (context.deadline ?? 0) - Date.now();
        context.signal.addEventListener('abort', () => {
          reason = context.signal.reason;
        });
        return new Promise(() => {});
      }),
    );
    const client = swarm.connect(server);
    expect(await failure(client.request('slow', null, { timeoutMs: 60 }))).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await until(() => reason !== undefined, 'the handler to hear of it');
    expect(deadline).toBeGreaterThan(10);
    expect(deadline).toBeLessThanOrEqual(60);
    expect(client.pendingRequests).toBe(0);
  });

  it('is kept by the server alone if it must be', async () => {
    let reason: unknown;
    const server = await swarm.listen((s) =>
      s.route('slow', ({ context }) => {
        context.signal.addEventListener('abort', () => {
          reason = context.signal.reason;
        });
        return new Promise(() => {});
      }),
    );
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.request(1, 'slow', null, { auxiliary: 30 });
    expect(JSON.parse((await peer.frame('ERROR', 1)).payload.toString())).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
  });

  it('ends a byte stream that is too slow', async () => {
    const source = new EndlessSource();
    const server = await swarm.listen((s) => s.route('endless', () => new ByteReply(null, source)));
    const { body } = await swarm.connect(server).bytes('endless', null, { timeoutMs: 50 });
    const read = (async () => {
      for await (const _chunk of body) await sleep(5);
    })();
    expect(await failure(read)).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    await until(() => source.isReleased, 'the source to be released');
  });

  it('counts the time that connecting takes', async () => {
    const server = await swarm.listen();
    await server.close();
    const client = swarm.connect(await swarm.listen((s) => s.route('n', () => 1)), {});
    expect(await client.request('n', null, { timeoutMs: 5_000 })).toBe(1);
  });
});

describe('an AbortSignal', () => {
  it('that was aborted before sends nothing', async () => {
    let calls = 0;
    const server = await swarm.listen((s) => s.route('n', () => calls++));
    const client = swarm.connect(server);
    expect(await failure(client.request('n', null, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'CANCELLED' });
    expect(client.isConnected).toBe(false);
    expect(calls).toBe(0);
  });

  it('is let go when the request is done', async () => {
    const server = await swarm.listen((s) => s.route('n', () => 1));
    const controller = new AbortController();
    const client = swarm.connect(server);
    for (let index = 0; index < 20; index++) await client.request('n', null, { signal: controller.signal });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    controller.abort();
    expect(await client.request('n')).toBe(1);
  });
});

describe('an answer that cannot be sent', () => {
  it('is an error at the asker and a line in the log', async () => {
    const logger = new QuietLogger();
    const circular: { self?: unknown } = {};
    circular.self = circular;
    const server = await swarm.listen((s) => s.route('circular', () => circular).route('big', () => 1n), { logger });
    const client = swarm.connect(server);
    expect(await failure(client.request('circular'))).toMatchObject({ code: 'INTERNAL', detail: 'Internal error' });
    expect(await failure(client.request('big'))).toMatchObject({ code: 'INTERNAL' });
    expect(logger.errors).toHaveLength(2);
  });

  it('is refused when it is larger than the asker takes', async () => {
    const server = await swarm.listen((s) => s.route('big', () => 'x'.repeat(20_000)).route('bigs', () => of('x'.repeat(20_000), 2)));
    const client = swarm.connect(server, { limits: { maxJsonBytes: 10_000 } });
    expect(await failure(client.request('big'))).toMatchObject({ code: 'FRAME_TOO_LARGE' });
    expect(await failure(lastValueFrom(client.send('bigs', {})))).toMatchObject({ code: 'FRAME_TOO_LARGE' });
    const patient = swarm.connect(server);
    expect(await patient.request<string>('big')).toHaveLength(20_000);
  });
});
