import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { encodeFrame, FrameFlag, FrameType } from '@pageswarm/wire';
import fc from 'fast-check';
import type { SwarmServer } from './index.ts';
import { SwarmClient } from './index.ts';
import { failure, loopback, PEER, QuietLogger, sleep } from './testing/loopback.ts';
import { listenByHand, WirePeer } from './testing/wire-peer.ts';

const swarm = loopback(afterEach);

async function meet(
  options: Parameters<typeof swarm.listen>[1] = {},
): Promise<{ server: SwarmServer; peer: WirePeer; never: Promise<unknown> }> {
  const never = new Promise(() => {});
  const server = await swarm.listen(
    (s) =>
      s
        .route('hi', () => 'there')
        .route('wait', () => never)
        .route('read', async ({ context }) => {
          for await (const _chunk of context.requestBody ?? []) await never;
        }),
    options,
  );
  const peer = await (await WirePeer.connect(server.address())).shakeHands();
  return { server, peer, never };
}

function requestAll(peer: WirePeer, streamIds: number[]): void {
  for (const id of streamIds) peer.request(id, 'wait');
}

describe('a connection that breaks the protocol is closed with a code', () => {
  it.each<[string, string, (peer: WirePeer) => void]>([
    ['claims a frame of 4 GiB', 'FRAME_TOO_LARGE', (peer) => peer.socket.write(Buffer.from('ffffffff0800000000000001ffffffff', 'hex'))],
    ['sends a frame of no known type', 'PROTOCOL_ERROR', (peer) => peer.socket.write(Buffer.alloc(16))],
    ['shakes hands again', 'PROTOCOL_ERROR', (peer) => peer.sendReady()],
    ['opens a stream twice', 'PROTOCOL_ERROR', (peer) => requestAll(peer, [1, 1])],
    ['opens an older stream', 'PROTOCOL_ERROR', (peer) => requestAll(peer, [5, 3])],
    ['opens a stream of the other end', 'PROTOCOL_ERROR', (peer) => peer.request(2, 'hi')],
    ['opens the stream of the connection', 'PROTOCOL_ERROR', (peer) => peer.request(0, 'hi')],
    ['sends DATA for a stream that never was', 'PROTOCOL_ERROR', (peer) => peer.send(FrameType.DATA, 'x', { streamId: 9 })],
    [
      'grants credit to a stream that never was',
      'PROTOCOL_ERROR',
      (peer) => peer.send(FrameType.CREDIT, '', { streamId: 9, auxiliary: 1 }),
    ],
    [
      'sends DATA for a request without a body',
      'PROTOCOL_ERROR',
      (peer) => {
        peer.request(1, 'wait');
        peer.send(FrameType.DATA, 'x', { streamId: 1 });
      },
    ],
    [
      'sends DATA frames of nothing',
      'PROTOCOL_ERROR',
      (peer) => {
        peer.request(1, 'read', null, { flags: FrameFlag.BODY });
        peer.send(FrameType.DATA, '', { streamId: 1 });
      },
    ],
    ['answers', 'PROTOCOL_ERROR', (peer) => peer.send(FrameType.RESPONSE, '1', { streamId: 1 })],
    ['sends a request that is no JSON', 'PROTOCOL_ERROR', (peer) => peer.send(FrameType.REQUEST, '{"pattern', { streamId: 1 })],
    ['sends a request without a pattern', 'PROTOCOL_ERROR', (peer) => peer.send(FrameType.REQUEST, '{}', { streamId: 1 })],
    ['sends a request of null', 'PROTOCOL_ERROR', (peer) => peer.send(FrameType.REQUEST, 'null', { streamId: 1 })],
    [
      'sends metadata that is none',
      'PROTOCOL_ERROR',
      (peer) => peer.send(FrameType.REQUEST, '{"pattern":"hi","metadata":3}', { streamId: 1 }),
    ],
    ['sends an event that is no JSON', 'PROTOCOL_ERROR', (peer) => peer.send(FrameType.EVENT, 'x')],
    [
      'sends more than its credit',
      'CREDIT_EXCEEDED',
      (peer) => {
        peer.request(1, 'read', null, { flags: FrameFlag.BODY });
        for (let sent = 0; sent <= 1_048_576 + 65_536; sent += 65_536) peer.send(FrameType.DATA, Buffer.alloc(65_536), { streamId: 1 });
      },
    ],
  ])('when it %s', async (_what, code, act) => {
    const { server, peer } = await meet();
    const bystander = swarm.connect(server);
    await bystander.connect();
    act(peer);
    expect(await peer.closed()).toBe(code);
    expect(await bystander.request('hi')).toBe('there');
  });

  it('when its streams hold more than the connection may', async () => {
    const { peer } = await meet({ limits: { maxReceiveBufferBytes: 200_000 } });
    for (const id of [1, 3]) {
      peer.request(id, 'read', null, { flags: FrameFlag.BODY });
      peer.send(FrameType.DATA, Buffer.alloc(50_000), { streamId: id });
      peer.send(FrameType.DATA, Buffer.alloc(70_000), { streamId: id });
      peer.send(FrameType.DATA, Buffer.alloc(70_000), { streamId: id });
    }
    expect(await peer.closed()).toBe('LIMIT_EXCEEDED');
  });

  it('when a server sends more than the client granted', async () => {
    const { endpoint, close } = await listenByHand((socket) => {
      const peer = new WirePeer(socket);
      void (async () => {
        await peer.frame('HELLO');
        peer.sendOpening();
        peer.sendReady();
        const { streamId } = await peer.frame('REQUEST');
        peer.send(FrameType.HEAD, '', { streamId });
        for (let sent = 0; sent < 2_000_000; sent += 65_536) peer.send(FrameType.DATA, Buffer.alloc(65_536), { streamId });
      })().catch(() => {});
    });
    swarm.later(close);
    const client = new SwarmClient({ endpoint, identity: PEER, logger: new QuietLogger() });
    swarm.later(() => client.destroy());
    const { body } = await client.bytes('file');
    await sleep(50);
    const read = (async () => {
      for await (const _chunk of body);
    })();
    expect(await failure(read)).toMatchObject({ code: 'CREDIT_EXCEEDED' });
  });
});

describe('a server under random bytes', () => {
  it('answers others, whatever follows a good handshake', async () => {
    const { server } = await meet();
    const bystander = swarm.connect(server);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
        const peer = await (await WirePeer.connect(server.address())).shakeHands();
        peer.socket.end(bytes);
        await peer.closed();
        expect(await bystander.request('hi')).toBe('there');
      }),
      { numRuns: 25 },
    );
  });

  it('answers others, whatever frames with valid headers come', async () => {
    const { server } = await meet();
    const bystander = swarm.connect(server);
    const frames = fc.array(
      fc.record({
        type: fc.constantFrom(...Object.values(FrameType)),
        flags: fc.integer({ min: 0, max: 7 }),
        streamId: fc.integer({ min: 0, max: 7 }),
        auxiliary: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff_ffff })),
        payload: fc.oneof(
          fc.constantFrom('', '{"pattern":"hi"}', '{"pattern":"read"}', '{"pattern":"wait","data":[]}', 'null'),
          fc.string({ maxLength: 9 }),
        ),
      }),
      { minLength: 1, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(frames, async (list) => {
        const peer = await (await WirePeer.connect(server.address())).shakeHands();
        peer.socket.end(Buffer.concat(list.map(({ type, payload, ...fields }) => encodeFrame(type, payload, fields))));
        await peer.closed();
        expect(await bystander.request('hi')).toBe('there');
      }),
      { numRuns: 60 },
    );
  });

  it('takes pipelined input in odd chunks', async () => {
    const { peer } = await meet();
    const requests = Buffer.concat(
      Array.from({ length: 40 }, (_, index) => encodeFrame(FrameType.REQUEST, '{"pattern":"hi"}', { streamId: 1 + index * 2 })),
    );
    for (let at = 0, size = 1; at < requests.length; at += size, size = (size * 7) % 61 || 1) {
      peer.socket.write(requests.subarray(at, at + size));
      if (size % 3 === 0) await new Promise(setImmediate);
    }
    expect((await peer.frame('RESPONSE', 79)).payload.toString()).toBe('"there"');
    expect(peer.frames.filter(({ name }) => name === 'RESPONSE')).toHaveLength(40);
  });
});

describe('requests over the limit of a connection', () => {
  it('are refused at the server, one by one', async () => {
    const { peer } = await meet({ limits: { maxStreams: 2 } });
    for (const id of [1, 3, 5]) peer.request(id, 'wait');
    expect(JSON.parse((await peer.frame('ERROR', 5)).payload.toString())).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('wait at the client for their turn, and are refused when too many wait', async () => {
    const { server } = await meet({ limits: { maxStreams: 2 } });
    const client = swarm.connect(server, { limits: { maxQueuedRequests: 2 } });
    await client.connect();
    const cancel = new AbortController();
    const waiting = [client.request('wait', null, { signal: cancel.signal }), client.request('wait')].map(failure);
    const queued = [client.request('hi'), client.request('hi')];
    expect(await failure(client.request('hi'))).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(client.pendingRequests).toBe(4);
    cancel.abort();
    // The handler of the cancelled request never settles, so the server still counts it.
    expect(await failure(queued[0] as Promise<unknown>)).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    const last = failure(queued[1] as Promise<unknown>);
    client.destroy();
    await Promise.all([...waiting, last]);
  });

  it('count handlers that still run after their request was cancelled', async () => {
    const { peer } = await meet({ limits: { maxStreams: 10 } });
    for (let id = 1; id <= 21; id += 2) {
      peer.request(id, 'wait');
      peer.send(FrameType.CANCEL, '', { streamId: id });
    }
    expect(JSON.parse((await peer.frame('ERROR', 21)).payload.toString())).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });

  it('drops events beyond those that run', async () => {
    const logger = new QuietLogger();
    let taken = 0;
    const server = await swarm.listen(
      (s) =>
        s.route('tick', () => {
          taken++;
          return new Promise(() => {});
        }),
      { limits: { maxEvents: 3 }, logger },
    );
    const client = swarm.connect(server);
    for (let index = 0; index < 5; index++) await client.event('tick', index);
    await client.ping();
    expect(taken).toBe(3);
    expect(logger.warnings).toHaveLength(1);
  });

  it('are refused when they are larger than the other end takes', async () => {
    const { server } = await meet({ limits: { maxJsonBytes: 5_000 } });
    const client = swarm.connect(server);
    const data = randomBytes(2_500).toString('hex');
    expect(await failure(client.request('hi', data))).toMatchObject({ code: 'FRAME_TOO_LARGE' });
    expect(await failure(client.event('hi', data))).toMatchObject({ code: 'FRAME_TOO_LARGE' });
    expect(await client.request('hi', data.slice(100))).toBe('there');
  });
});
