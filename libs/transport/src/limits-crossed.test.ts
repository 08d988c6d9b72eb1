import { connect } from 'node:net';
import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { DATA_QUANTUM_BYTES, encodeFrame, encodePreface, FrameFlag, FrameType } from '@pageswarm/wire';
import { Heartbeat } from './heartbeat.ts';
import { ByteReply, DEFAULT_LIMITS, SwarmClient } from './index.ts';
import { failure, loopback, PEER, QuietLogger, sleep, until } from './testing/loopback.ts';
import { listenByHand, WirePeer } from './testing/wire-peer.ts';

// Limits whose crossing belongs to no other story; the rest is in the tests of handshakes, violations, streams and lifecycles.

const swarm = loopback(afterEach);

describe('the longest payload that is received', () => {
  it.each([
    ['JSON', (peer: WirePeer, size: number) => peer.send(FrameType.EVENT, `{"pattern":"x"}${' '.repeat(size - 15)}`)],
    ['DATA', (peer: WirePeer, size: number) => peer.send(FrameType.DATA, Buffer.alloc(size), { streamId: 1 })],
  ])('of %s is taken, and one byte more ends the connection', async (_kind, send) => {
    const server = await swarm.listen((s) => s.route('read', () => new Promise(() => {})), {
      limits: { maxJsonBytes: 5_000, maxDataBytes: 5_000 },
    });
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.request(1, 'read', null, { flags: FrameFlag.BODY });
    send(peer, 5_000);
    peer.send(FrameType.PING, '', { auxiliary: 7 });
    await peer.frame('PONG');
    send(peer, 5_001);
    expect(await peer.closed()).toBe('FRAME_TOO_LARGE');
  });
});

describe('a sent DATA frame', () => {
  it('is a turn of 64 KiB at most, whatever the other end would take', async () => {
    const server = await swarm.listen((s) => s.route('file', () => new ByteReply(null, Readable.from([Buffer.alloc(200_000)]))));
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.request(1, 'file');
    await until(() => peer.dataLengths.reduce((sum, length) => sum + length, 0) === 200_000, 'the whole file');
    expect(Math.max(...peer.dataLengths)).toBe(DATA_QUANTUM_BYTES);
  });
});

describe('a client whose server stops reading', () => {
  it('refuses what would wait beyond its write queue, and goes on when there is room', async () => {
    let resume: () => void = () => {};
    const { endpoint, close } = await listenByHand((socket) => {
      const peer = new WirePeer(socket);
      void peer.frame('HELLO').then(() => {
        peer.sendOpening();
        peer.sendReady();
        void peer.frame('READY').then(() => socket.pause());
      });
      resume = () => socket.resume();
    });
    swarm.later(close);
    const client = new SwarmClient({ endpoint, identity: PEER, logger: new QuietLogger(), limits: { maxWriteQueueBytes: 500_000 } });
    swarm.later(() => client.destroy());
    await client.connect();
    const text = 'x'.repeat(400_000);
    let refusal: { code: string } | undefined;
    for (let sent = 0; sent < 200 && !refusal; sent++) {
      await client.event('flood', text).catch((error) => {
        refusal = error;
      });
      await sleep(0);
    }
    expect(refusal).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    expect(await failure(client.request('more'))).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    resume();
    await sleep(200);
    await client.event('flood', 'small');
  });
});

describe('an end that never closes its side', () => {
  it('is left after the linger time', async () => {
    const server = await swarm.listen(() => {}, { limits: { lingerMs: 150 } });
    const { host, port } = server.address();
    const socket = connect({ host, port, allowHalfOpen: true }).on('error', () => {});
    swarm.later(() => socket.destroy());
    const ended = new Promise((resolve) => socket.resume().once('end', resolve));
    socket.write(Buffer.concat([encodePreface(), encodeFrame(FrameType.PING)]));
    await ended;
    expect(server.connectionCount).toBe(1);
    await until(() => server.connectionCount === 0, 'the linger time to end');
  });
});

describe('pings that wait', () => {
  it('are sixteen at most: beyond, the answer to the oldest is nobody’s', () => {
    const sent: number[] = [];
    const owner = { sendPing: (sequence: number) => void sent.push(sequence), silent() {}, roundTrip() {}, beat() {} };
    const heartbeat = new Heartbeat(DEFAULT_LIMITS, owner, true);
    const answered: number[] = [];
    for (let index = 0; index < 17; index++) heartbeat.ping(() => answered.push(index));
    for (const sequence of sent) heartbeat.pong(sequence);
    expect(answered).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  });
});
