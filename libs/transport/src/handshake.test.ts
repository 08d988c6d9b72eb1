import { afterEach, describe, expect, it } from '@jest/globals';
import { isPageSwarmError, peerId } from '@pageswarm/primitives';
import { encodeFrame, encodePreface, FrameType } from '@pageswarm/wire';
import { Handshake } from './handshake.ts';
import { DEFAULT_LIMITS, SwarmClient } from './index.ts';
import { failure, loopback, PEER, QuietLogger, sleep, TRACKER, until } from './testing/loopback.ts';
import { connectorProof, listenByHand, WirePeer } from './testing/wire-peer.ts';

const swarm = loopback(afterEach);

describe('the handshake of two nodes', () => {
  it.each(['k', 'correct horse battery staple', 'schlüssel'])('succeeds with the same key %j', async (swarmKey) => {
    const server = await swarm.listen((s) => s.route('hi', () => 'there'), { security: { swarmKey } });
    expect(await swarm.connect(server, { security: { swarmKey } }).request('hi')).toBe('there');
  });

  it('fails with another key, and the handler never runs', async () => {
    let calls = 0;
    const server = await swarm.listen((s) => s.route('hi', () => calls++), { security: { swarmKey: 'right' } });
    const client = swarm.connect(server, { security: { swarmKey: 'wrong' } });
    expect(await failure(client.request('hi'))).toMatchObject({ code: 'HANDSHAKE_FAILED', detail: 'The swarm keys differ' });
    expect(calls).toBe(0);
    expect(client.isConnected).toBe(false);
  });

  it.each([
    ['the server', { swarmKey: 'k' }, {}],
    ['the client', {}, { swarmKey: 'k' }],
  ])('fails when only %s has a key', async (_who, serverSecurity, security) => {
    const server = await swarm.listen(() => {}, { security: serverSecurity });
    expect(await failure(swarm.connect(server, { security }).connect())).toMatchObject({ code: 'HANDSHAKE_FAILED' });
  });

  it('refuses another node than the one that is expected', async () => {
    const server = await swarm.listen();
    const stranger = swarm.connect(server, { expectedPeerId: peerId('f'.repeat(40)) });
    expect(await failure(stranger.connect())).toMatchObject({ code: 'HANDSHAKE_FAILED' });
    await swarm.connect(server, { expectedPeerId: TRACKER.peerId }).connect();
  });

  it('is repeated for nothing: whoever waits shares one connection', async () => {
    const server = await swarm.listen((s) => s.route('n', () => 1));
    const client = swarm.connect(server);
    await Promise.all([client.connect(), client.connect(), ...Array.from({ length: 20 }, () => client.request('n')), client.ping()]);
    expect(server.connectionCount).toBe(1);
  });
});

describe('a server towards strangers', () => {
  it('tells who it is only after the proof of the key', async () => {
    const server = await swarm.listen(() => {}, { security: { swarmKey: 'secret' } });
    const stranger = await WirePeer.connect(server.address());
    stranger.sendOpening({ key: true });
    const hello = await stranger.frame('HELLO');
    expect(hello.payload.toString()).not.toContain(TRACKER.peerId);
    stranger.send(FrameType.PROOF, Buffer.alloc(32));
    expect(await stranger.closed()).toBe('HANDSHAKE_FAILED');
    expect(stranger.frames.map(({ name }) => name)).toEqual(['HELLO', 'GO_AWAY']);
  });

  it('says nothing at all before the stranger has spoken', async () => {
    const server = await swarm.listen();
    const stranger = await WirePeer.connect(server.address());
    await sleep(30);
    expect(stranger.socket.bytesRead).toBe(0);
  });

  it('does not take a handshake that was recorded', async () => {
    const server = await swarm.listen(() => {}, { security: { swarmKey: 'secret' } });
    const nonce = '5'.repeat(64);
    const record = async (proof?: Buffer): Promise<{ peer: WirePeer; proof: Buffer }> => {
      const peer = await WirePeer.connect(server.address());
      const own = peer.sendOpening({ key: true, nonce });
      const hello = await peer.frame('HELLO');
      const theirs = Buffer.concat([encodePreface(), encodeFrame(FrameType.HELLO, hello.payload)]);
      const right = connectorProof('secret', own, theirs);
      peer.send(FrameType.PROOF, proof ?? right);
      return { peer, proof: right };
    };
    const { peer, proof } = await record();
    await peer.frame('READY');
    const replay = await record(proof);
    expect(await replay.peer.closed()).toBe('HANDSHAKE_FAILED');
  });

  it('answers another version with its own and PROTOCOL_VERSION', async () => {
    const server = await swarm.listen();
    const stranger = await WirePeer.connect(server.address());
    stranger.sendOpening({ versions: { min: 7, max: 9 } });
    expect(await stranger.closed()).toBe('PROTOCOL_VERSION');
  });

  it.each(['GET / HTTP/1.1\r\nHost: x\r\n\r\n', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc', 'x'])('closes on garbage: %j', async (garbage) => {
    const server = await swarm.listen();
    const stranger = await WirePeer.connect(server.address());
    stranger.socket.write(Buffer.from(garbage, 'latin1'));
    expect(await stranger.closed()).toBe('HANDSHAKE_FAILED');
  });

  it('refuses a frame of more than 4 KiB from its header', async () => {
    const server = await swarm.listen();
    const stranger = await WirePeer.connect(server.address());
    stranger.socket.write(Buffer.concat([encodePreface(), encodeFrame(FrameType.HELLO, Buffer.alloc(4_097)).subarray(0, 16)]));
    expect(await stranger.closed()).toBe('FRAME_TOO_LARGE');
  });

  it.each([
    ['a request', (peer: WirePeer) => peer.request(1, 'hi')],
    ['DATA', (peer: WirePeer) => peer.send(FrameType.DATA, '', { streamId: 1, flags: 1 })],
    ['READY before HELLO', (peer: WirePeer) => peer.sendReady()],
  ])('does not take %s before the handshake', async (_what, act) => {
    let calls = 0;
    const server = await swarm.listen((s) => s.route('hi', () => calls++));
    const stranger = await WirePeer.connect(server.address());
    stranger.socket.write(encodePreface());
    act(stranger);
    expect(await stranger.closed()).toBe('PROTOCOL_ERROR');
    expect(calls).toBe(0);
  });

  it.each([
    ['no JSON', 'nonsense'],
    ['no nonce', '{"authentication":"none","features":[],"limits":{}}'],
    [
      'a window of nothing',
      JSON.stringify({ nonce: '0'.repeat(64), authentication: 'none', features: [], limits: { ...DEFAULT_LIMITS, streamWindowBytes: 0 } }),
    ],
  ])('refuses a HELLO with %s', async (_what, payload) => {
    const server = await swarm.listen();
    const stranger = await WirePeer.connect(server.address());
    stranger.socket.write(encodePreface());
    stranger.send(FrameType.HELLO, payload);
    expect(await stranger.closed()).toBe('HANDSHAKE_FAILED');
  });

  it.each([{}, { peerId: 'zz', role: 'peer' }, { peerId: 'c'.repeat(40), role: 'king' }, null])(
    'refuses the identity %j',
    async (identity) => {
      const server = await swarm.listen();
      const stranger = await WirePeer.connect(server.address());
      stranger.sendOpening();
      stranger.sendReady(identity);
      expect(await stranger.closed()).toBe('HANDSHAKE_FAILED');
    },
  );

  it('ends a handshake that dribbles, after its time', async () => {
    const server = await swarm.listen(() => {}, { limits: { handshakeTimeoutMs: 60 } });
    const loris = await WirePeer.connect(server.address());
    const opening = encodePreface();
    const dribble = setInterval(() => loris.socket.write(opening.subarray(0, 1)), 500);
    loris.socket.write(opening.subarray(0, 5));
    const started = performance.now();
    expect(await loris.closed()).toBe('CONNECTION_TIMEOUT');
    clearInterval(dribble);
    expect(performance.now() - started).toBeLessThan(1_000);
    await until(() => server.connectionCount === 0, 'the connection to be forgotten');
  });

  it('takes so many connections from one address, and one more when one has left', async () => {
    const server = await swarm.listen((s) => s.route('n', () => 1), { limits: { maxConnectionsPerAddress: 2 } });
    const [first, second, third] = [swarm.connect(server), swarm.connect(server), swarm.connect(server)] as const;
    await first.connect();
    await second.connect();
    expect(await failure(third.connect())).toMatchObject({ code: 'LIMIT_EXCEEDED' });
    await first.close();
    await until(() => server.connectionCount === 1, 'the first to leave');
    expect(await third.request('n')).toBe(1);
  });

  it('takes so many handshakes at once: the oldest has to go, so that idlers lock nobody out', async () => {
    const server = await swarm.listen((s) => s.route('n', () => 1), { limits: { maxPendingHandshakes: 3 } });
    const idlers: WirePeer[] = [];
    for (let count = 0; count < 3; count++) idlers.push(await WirePeer.connect(server.address()));
    await until(() => server.connectionCount === 3, 'the idlers');
    const client = swarm.connect(server);
    expect(await client.request('n')).toBe(1);
    expect(await idlers[0]?.closed()).toBe('LIMIT_EXCEEDED');
    expect(idlers.map(({ isClosed }) => isClosed)).toEqual([true, false, false]);
    const more = await WirePeer.connect(server.address());
    await (await WirePeer.connect(server.address())).shakeHands();
    expect(await idlers[1]?.closed()).toBe('LIMIT_EXCEEDED');
    expect(more.isClosed).toBe(false);
  });

  it('takes so many connections in all', async () => {
    const server = await swarm.listen(() => {}, { limits: { maxConnections: 1 } });
    await swarm.connect(server).connect();
    expect(await failure(swarm.connect(server).connect())).toMatchObject({ code: 'LIMIT_EXCEEDED' });
  });
});

describe('a client towards strange servers', () => {
  async function meet(serve: Parameters<typeof listenByHand>[0], limits = {}): Promise<{ code: string }> {
    const { endpoint, close } = await listenByHand(serve);
    swarm.later(close);
    const client = new SwarmClient({ endpoint, identity: PEER, limits, logger: new QuietLogger() });
    swarm.later(() => client.destroy());
    return failure(client.request('hi'));
  }

  it('sees another version', async () => {
    expect(await meet((socket) => socket.end(encodePreface({ min: 2, max: 2 })))).toMatchObject({ code: 'PROTOCOL_VERSION' });
  });

  it('sees that the other end speaks something else', async () => {
    expect(await meet((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'))).toMatchObject({ code: 'HANDSHAKE_FAILED' });
  });

  it('sees that the other end hangs up', async () => {
    expect(await meet((socket) => socket.end())).toMatchObject({ code: 'HANDSHAKE_FAILED' });
    expect(await meet((socket) => socket.once('data', () => socket.resetAndDestroy()))).toMatchObject({ code: 'HANDSHAKE_FAILED' });
  });

  it('waits no longer than its time for a server that says nothing', async () => {
    expect(await meet(() => {}, { connectTimeoutMs: 50 })).toMatchObject({ code: 'CONNECTION_TIMEOUT' });
  });

  it('does not believe a server that cannot prove the key', async () => {
    const { endpoint, close } = await listenByHand((socket) => {
      const peer = new WirePeer(socket);
      peer.sendOpening({ key: true });
      void peer.frame('PROOF').then(
        () => {
          peer.send(FrameType.PROOF, Buffer.alloc(32, 1));
          peer.sendReady();
        },
        () => {},
      );
    });
    swarm.later(close);
    const client = new SwarmClient({ endpoint, identity: PEER, security: { swarmKey: 'k' }, logger: new QuietLogger() });
    expect(await failure(client.connect())).toMatchObject({ code: 'HANDSHAKE_FAILED' });
  });

  it('does not take its own proof for that of the server', async () => {
    const { endpoint, close } = await listenByHand((socket) => socket.pipe(socket));
    swarm.later(close);
    const client = new SwarmClient({ endpoint, identity: PEER, security: { swarmKey: 'k' }, logger: new QuietLogger() });
    expect(await failure(client.connect())).toMatchObject({ code: 'HANDSHAKE_FAILED' });
  });

  it('names a port where nobody listens', async () => {
    const { endpoint, close } = await listenByHand(() => {});
    await close();
    const client = new SwarmClient({ endpoint, identity: PEER, logger: new QuietLogger() });
    expect(await failure(client.request('hi'))).toMatchObject({
      code: 'CONNECTION_REFUSED',
      detail: expect.stringContaining(String(endpoint.port)),
    });
  });

  it('names a host that does not exist', async () => {
    const client = new SwarmClient({ endpoint: { host: 'nowhere.invalid', port: 1 }, identity: PEER, logger: new QuietLogger() });
    expect(await failure(client.connect())).toMatchObject({ code: 'CONNECTION_REFUSED' });
  });
});

describe('the handshake machine', () => {
  it('never throws anything but its own errors', () => {
    const preface = encodePreface();
    for (const payload of ['', 'null', '[]', '"x"', '{"limits":null}', '{', '\u0000'.repeat(40)]) {
      for (const type of Object.values(FrameType)) {
        const machine = new Handshake({ side: 'acceptor', identity: TRACKER, nonce: new Uint8Array(32), limits: DEFAULT_LIMITS });
        try {
          machine.receive(type, Buffer.from(payload), preface);
        } catch (error) {
          expect(isPageSwarmError(error)).toBe(true);
        }
      }
    }
  });
});
