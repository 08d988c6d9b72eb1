import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunningTracker } from '@pageswarm/tracker';
import { makeDocument, startTestTracker, TestPeer } from './tracker-nodes.ts';

const book = makeDocument('book.pdf', 1);
const HASH = book.announcement.infoHashV1.replace(/../g, '%$&');
const query = (port: number) => `info_hash=${HASH}&peer_id=-XX0000-000000000000&port=${port}&left=1`;
const announce = (port: number, more = '') => `GET /announce?${query(port)} HTTP/1.1\r\nHost: t\r\n${more}\r\n`;
const scrape = `GET /scrape?info_hash=${HASH} HTTP/1.1\r\nHost: t\r\n\r\n`;

/** A client that writes bytes as they are. */
class RawClient {
  text = '';
  private constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => {
      this.text += chunk.toString('latin1');
    });
  }

  static async connect(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    await once(socket, 'connect');
    return new RawClient(socket);
  }

  /** Whole answers, by their status and what their bodies begin with. */
  get answers(): string[] {
    const found: string[] = [];
    let rest = this.text;
    for (;;) {
      const [head] = /^HTTP\/1\.1 .*?\r\n\r\n/s.exec(rest) ?? [];
      const length = Number(/content-length: (\d+)/i.exec(head ?? '')?.[1] ?? 0);
      if (head === undefined || rest.length < head.length + length) return found;
      found.push(`${head.slice(9, 12)} ${rest.slice(head.length, head.length + Math.min(length, 9))}`);
      rest = rest.slice(head.length + length);
    }
  }

  async until(count: number): Promise<string[]> {
    for (let n = 0; this.answers.length < count && n < 200; n++) await new Promise((resolve) => setTimeout(resolve, 10));
    return this.answers;
  }
}

describe('the HTTP door of a tracker', () => {
  let tracker: RunningTracker;
  let peer: TestPeer;
  const clients: RawClient[] = [];
  const open = async () => {
    const client = await RawClient.connect(tracker.http.port);
    clients.push(client);
    return client;
  };
  beforeAll(async () => {
    tracker = await startTestTracker();
    peer = await new TestPeer(tracker.transport).listen();
    await peer.join();
    await peer.announce(book);
  });
  afterAll(async () => {
    for (const { socket } of clients) socket.destroy();
    await peer.close();
    await tracker.close();
  });

  it('answers announces and scrapes on one connection, several in one packet, in their order', async () => {
    const client = await open();
    client.socket.write(announce(1));
    expect(await client.until(1)).toEqual(['200 d8:comple']);
    client.socket.write(announce(1) + scrape + announce(2, 'Connection: keep-alive\r\nAccept: */*\r\n'));
    expect(await client.until(4)).toEqual(['200 d8:comple', '200 d8:comple', '200 d5:filesd', '200 d8:comple']);
  });

  it('gives everything else to the framework, on the same connection too, and whatever follows it', async () => {
    const client = await open();
    client.socket.write(`${announce(1)}GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n${announce(1)}`);
    expect(await client.until(3)).toEqual(['200 d8:comple', '200 {"status"', '200 d8:comple']);
    const body = '{"x":1}';
    client.socket.write(
      `POST /api/v1/nothing HTTP/1.1\r\nHost: t\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    client.socket.write(body);
    expect((await client.until(4))[3]).toMatch(/^404/);
    client.socket.write(scrape);
    expect((await client.until(5))[4]).toBe('200 d5:filesd');
  });

  it('understands a request however it is cut', async () => {
    const whole = announce(3) + scrape;
    for (const cut of [1, 4, 13, 20, whole.indexOf('HTTP'), whole.indexOf('\r\n\r\n') + 2, announce(3).length + 5]) {
      const client = await open();
      client.socket.setNoDelay();
      client.socket.write(whole.slice(0, cut));
      await new Promise((resolve) => setTimeout(resolve, 20));
      client.socket.write(whole.slice(cut));
      expect([cut, await client.until(2)]).toEqual([cut, ['200 d8:comple', '200 d5:filesd']]);
    }
  });

  it.each([
    ['a query with nothing in it', 'GET /announce HTTP/1.1\r\nHost: t\r\n\r\n', '200 d14:failu'],
    ['a longer path', `GET /announces?${query(1)} HTTP/1.1\r\nHost: t\r\n\r\n`, '404'],
    ['no host', `GET /announce?${query(1)} HTTP/1.1\r\n\r\n`, '400'],
    ['a field that is none', `GET /announce?${query(1)} HTTP/1.1\r\nHost: t\r\n odd: 1\r\n\r\n`, '400'],
    ['two lengths', `GET /announce?${query(1)} HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n`, '400'],
    ['a line without its return', `GET /announce?${query(1)} HTTP/1.1\nHost: t\n\n`, '400'],
    ['another version', `GET /announce?${query(1)} HTTP/3.1\r\nHost: t\r\n\r\n`, '400'],
    ['a long head', `GET /announce?${query(1)} HTTP/1.1\r\nHost: t\r\nX: ${'y'.repeat(70_000)}\r\n\r\n`, '431'],
  ])('answers %s as every server would', async (_, request, expected) => {
    const client = await open();
    client.socket.write(request);
    expect((await client.until(1))[0] ?? client.text.slice(9, 12)).toMatch(new RegExp(`^${expected}`));
  });

  it('closes when the client asks for it, and when the client has closed its side', async () => {
    for (const request of [announce(1, 'Connection: close\r\n'), announce(1).replace('HTTP/1.1', 'HTTP/1.0')]) {
      const client = await open();
      const ended = once(client.socket, 'end');
      client.socket.write(request);
      await ended;
      expect(client.answers).toEqual(['200 d8:comple']);
    }
    const client = await open();
    const ended = once(client.socket, 'end');
    client.socket.end(announce(1));
    await ended;
    expect(client.answers).toEqual(['200 d8:comple']);
  });

  it('does not listen to whoever reads no answers', async () => {
    const client = await open();
    client.socket.pause();
    const many = announce(1).repeat(300);
    let written = 0;
    while (written < 64_000_000 && client.socket.write(many)) written += many.length;
    for (let n = 0; n < 100 && written < 64_000_000; n++) {
      const more = await Promise.race([once(client.socket, 'drain'), new Promise((resolve) => setTimeout(resolve, 300, 'stuck'))]);
      if (more === 'stuck') break;
      while (written < 64_000_000 && client.socket.write(many)) written += many.length;
    }
    expect(written).toBeLessThan(64_000_000);
    expect((await fetch(`http://127.0.0.1:${tracker.http.port}/healthz`)).status).toBe(200);
    client.socket.resume();
    const before = client.text.length;
    await once(client.socket, 'data');
    expect(client.text.length).toBeGreaterThan(before);
  });

  it('lets the tracker close while connections are open', async () => {
    const other = await startTestTracker();
    const kept = await RawClient.connect(other.http.port);
    kept.socket.write(announce(1));
    await kept.until(1);
    const silent = await RawClient.connect(other.http.port);
    const gone = Promise.all([once(kept.socket, 'close'), once(silent.socket, 'close')]);
    for (const { socket } of [kept, silent]) socket.on('end', () => socket.end());
    await other.close();
    await gone;
  });
});
