import { afterEach, describe, expect, it } from '@jest/globals';
import { encodeFrame, FrameType } from '@pageswarm/wire';
import { loopback, sleep, until } from './testing/loopback.ts';
import { WirePeer } from './testing/wire-peer.ts';

const swarm = loopback(afterEach);

describe('a peer that does not read', () => {
  it('is not read from either once too much waits for it, and holds up nobody', async () => {
    const text = 'x'.repeat(1_000_000);
    const server = await swarm.listen((s) => s.route('big', () => text).route('hi', () => 'there'), {
      limits: { maxWriteQueueBytes: 2_000_000 },
    });
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.socket.pause();
    let sent = 0;
    const flood = setInterval(() => {
      for (let burst = 0; burst < 200; burst++) peer.request(1 + 2 * sent++, 'big');
    }, 2);
    const before = process.memoryUsage().rss;
    await sleep(400);
    clearInterval(flood);
    expect(sent).toBeGreaterThan(1_000);
    // All answers together would be more than a gigabyte.
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    expect(await swarm.connect(server).request('hi')).toBe('there');
    peer.socket.destroy();
  });

  it('is left alone at a quarter of what may wait, so that it costs no work and no refusals either', async () => {
    let asked = 0;
    const text = 'x'.repeat(500_000);
    const big = () => {
      asked++;
      return text;
    };
    const server = await swarm.listen((s) => s.route('big', big), { limits: { maxWriteQueueBytes: 64_000_000 } });
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.socket.pause();
    for (let id = 1; id <= 161; id += 2) {
      peer.request(id, 'big');
      await sleep(2);
    }
    // 16 MB wait at the server, and a few more are on their way in buffers of the system.
    expect([asked > 30, asked < 55]).toEqual([true, true]);
    peer.socket.destroy();
  });

  it('cannot make a server answer PINGs without bound', async () => {
    const server = await swarm.listen((s) => s.route('hi', () => 'there'), { limits: { maxWriteQueueBytes: 100_000 } });
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.socket.pause();
    const pings = Buffer.concat(Array.from({ length: 20_000 }, () => encodeFrame(FrameType.PING)));
    for (let burst = 0; burst < 60; burst++) peer.socket.write(pings);
    await sleep(100);
    expect(await swarm.connect(server).request('hi')).toBe('there');
    // What the server does not read stays at the sender.
    expect(peer.socket.writableLength).toBeGreaterThan(0);
    peer.socket.destroy();
  });
});

describe('a server that has stopped reading', () => {
  it('goes on with what the other end reads late, also beyond what the pacer lets go unanswered', async () => {
    const text = 'x'.repeat(900_000);
    const server = await swarm.listen((s) => s.route('big', () => text), { limits: { maxWriteQueueBytes: 1_000_000 } });
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.socket.pause();
    for (let id = 1; id <= 41; id += 2) peer.request(id, 'big');
    await sleep(100);
    peer.socket.resume();
    await until(() => peer.frames.filter(({ name }) => name === 'RESPONSE' || name === 'ERROR').length === 21, 'every answer');
  });

  it('does not take an end for dead that reads slowly, though it hears nothing from it meanwhile', async () => {
    const text = 'x'.repeat(900_000);
    const limits = { maxWriteQueueBytes: 40_000_000, heartbeatIntervalMs: 50, heartbeatTimeoutMs: 200 };
    const server = await swarm.listen((s) => s.route('big', () => text), { limits });
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    const { socket } = peer;
    socket.pause();
    for (let id = 1; id <= 39; id += 2) peer.request(id, 'big');
    // Three times the heartbeat's patience go by while it reads, a chunk at a time.
    let isSlow = true;
    socket.on('data', () => {
      if (isSlow) socket.pause();
    });
    const slow = setInterval(() => socket.resume(), 2);
    let answered = 0;
    const signs = setInterval(() => {
      const pings = peer.frames.filter(({ name }) => name === 'PING');
      for (const { auxiliary } of pings.slice(answered)) peer.send(FrameType.PONG, '', { auxiliary });
      answered = pings.length;
    }, 5);
    const answers = () => peer.frames.filter(({ name }) => name === 'RESPONSE').length;
    await sleep(3 * limits.heartbeatTimeoutMs);
    expect([answers() < 20, server.connectionCount]).toEqual([true, 1]);
    clearInterval(slow);
    isSlow = false;
    socket.resume();
    await until(() => answers() === 20, 'every answer');
    clearInterval(signs);
  });

  it('gives up an end that takes nothing, however much it has asked for', async () => {
    const text = 'x'.repeat(900_000);
    const limits = { maxWriteQueueBytes: 40_000_000, heartbeatIntervalMs: 50, heartbeatTimeoutMs: 200 };
    const server = await swarm.listen((s) => s.route('big', () => text), { limits });
    const peer = await (await WirePeer.connect(server.address())).shakeHands();
    peer.socket.pause();
    for (let id = 1; id <= 39; id += 2) peer.request(id, 'big');
    await until(() => server.connectionCount === 0, 'the end of its connection');
    peer.socket.destroy();
  });
});
