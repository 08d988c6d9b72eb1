import { getEventListeners } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { PageSwarmError } from '@pageswarm/primitives';
import { concat, lastValueFrom, NEVER, Observable, of, range, throwError, toArray } from 'rxjs';
import { ByteReply } from './index.ts';
import { EndlessSource, sizeOf } from './testing/byte-sources.ts';
import { failure, loopback, QuietLogger, sleep, until } from './testing/loopback.ts';
import { WirePeer } from './testing/wire-peer.ts';

const swarm = loopback(afterEach);

async function drained(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _value of values);
}

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
    const client = swarm.connect(server);
    await client.connect();
    const { body } = await client.bytes('endless', null, { timeoutMs: 250 });
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
  it('ends a value, values and bytes on both ends: the caller gets CANCELLED, the handler its signal, the source its return()', async () => {
    const [values, bytes] = [new EndlessSource(), new EndlessSource()];
    let signal: AbortSignal | undefined;
    const server = await swarm.listen((s) =>
      s
        .route('value', ({ context }) => {
          signal = context.signal;
          return new Promise(() => {});
        })
        .route('values', () => values)
        .route('bytes', () => new ByteReply(null, bytes)),
    );
    const client = swarm.connect(server);
    const controller = new AbortController();
    const options = { signal: controller.signal };
    const value = failure(client.request('value', null, options));
    const { body } = await client.bytes('bytes', null, options);
    const stream = client.stream('values', null, options);
    await stream.next();
    await until(() => signal !== undefined, 'the handler');
    controller.abort();
    expect(await value).toMatchObject({ code: 'CANCELLED' });
    expect(await failure(sizeOf(body))).toMatchObject({ code: 'CANCELLED' });
    expect(await failure(drained(stream))).toMatchObject({ code: 'CANCELLED' });
    await until(() => signal?.aborted === true && values.isReleased && bytes.isReleased, 'both ends to be over');
    expect(client.pendingRequests).toBe(0);
  });

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
