import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { networkInterfaces } from 'node:os';
import { afterEach, describe, expect, it } from '@jest/globals';
import { parseMagnet, parseMetainfo } from '@pageswarm/torrent';
import type { RunningTracker } from '@pageswarm/tracker';
import { makeDocument, startTestTracker, TestPeer } from './tracker-nodes.ts';

const book = makeDocument('book.pdf', 1);
const { id, infoHashV1, infoHashV2 } = book.announcement;

/** A UDP client of its own (BEP 15); each request has one answer, in hex. */
class UdpClient {
  private constructor(
    private readonly socket: Socket,
    private readonly host: string,
    private readonly port: number,
    private connection = '',
  ) {}

  static async connect(host: string, port: number): Promise<UdpClient> {
    const client = new UdpClient(createSocket(host.includes(':') ? 'udp6' : 'udp4'), host, port);
    const answer = await client.ask('0000041727101980', '00000000', '0000abcd');
    expect(answer.slice(0, 16)).toBe('000000000000abcd');
    client.connection = answer.slice(16);
    return client;
  }

  announce(hash: string, left: number, port: number): Promise<string> {
    const numbers = ['00'.repeat(8), left.toString(16).padStart(16, '0'), '00'.repeat(8)];
    const rest = ['00000002', '00000000', '00000000', 'ffffffff', port.toString(16).padStart(4, '0')];
    return this.ask(this.connection, '00000001', '0000beef', hash.slice(0, 40), '2d'.repeat(20), ...numbers, ...rest);
  }

  scrape(...hashes: string[]): Promise<string> {
    return this.ask(this.connection, '00000002', '0000cafe', ...hashes.map((hash) => hash.slice(0, 40)));
  }

  async ask(...parts: string[]): Promise<string> {
    this.socket.send(Buffer.from(parts.join(''), 'hex'), this.port, this.host);
    const [answer] = await once(this.socket, 'message', { signal: AbortSignal.timeout(3_000) });
    return (answer as Buffer).toString('hex');
  }

  close(): void {
    this.socket.close();
  }
}

describe('a tracker with a UDP port', () => {
  const closing: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const part of closing.splice(0).reverse()) await part.close();
  });
  const start = async (env: Record<string, string> = {}) => {
    const tracker = await startTestTracker({ PAGESWARM_UDP_PORT: '0', ...env });
    closing.push(tracker);
    const peer = await new TestPeer(tracker.transport).listen();
    closing.push(peer);
    await peer.join();
    await peer.announce(book);
    return tracker;
  };
  const connect = async (tracker: RunningTracker, host = '127.0.0.1') => {
    const client = await UdpClient.connect(host, tracker.parts.udp.port as number);
    closing.push(client);
    return client;
  };

  it('lets clients meet, and shows them to HTTP clients too', async () => {
    const tracker = await start();
    const [one, two] = [await connect(tracker), await connect(tracker)];
    expect(await one.announce(infoHashV1, 0, 1_001)).toBe('000000010000beef000003840000000000000002');
    expect(await two.announce(infoHashV2, 5, 1_002)).toBe('000000010000beef0000038400000001000000027f00000103e9');
    expect(await two.scrape(infoHashV1, 'ab'.repeat(20))).toBe(`000000020000cafe000000020000000000000001${'00'.repeat(12)}`);
    expect(await two.ask('0000000000000000', '00000002', '00000001', '00'.repeat(20))).toMatch(/^0000000300000001/);
    const escaped = infoHashV1.replace(/../g, '%$&');
    const query = `info_hash=${escaped}&peer_id=-TT0000-000000000003&port=1003&left=5`;
    const http = await fetch(`http://127.0.0.1:${tracker.http.port}/announce?${query}`);
    expect(Buffer.from(await http.arrayBuffer()).toString('latin1')).toContain('8:completei2e');
    const metrics = await (await fetch(`http://127.0.0.1:${tracker.http.port}/metrics`)).text();
    expect(metrics).toMatch(/pageswarm_tracker_bittorrent_announces_total\{[^}]*event="started",protocol="udp"[^}]*\} 2/);
  });

  it('names both URLs in one tier of its .torrent files, and in magnet links', async () => {
    const tracker = await start();
    const base = `http://127.0.0.1:${tracker.http.port}`;
    const urls = [`${base}/announce`, `udp://127.0.0.1:${tracker.parts.udp.port}/announce`];
    const torrent = await fetch(`${base}/api/v1/documents/${id}/torrent`);
    expect(parseMetainfo(new Uint8Array(await torrent.arrayBuffer())).trackers).toEqual([urls]);
    expect(parseMagnet(await (await fetch(`${base}/api/v1/documents/${id}/magnet`)).text()).trackers).toEqual(urls);
  });

  it('says at start that its port is taken', async () => {
    const tracker = await start();
    await expect(startTestTracker({ PAGESWARM_UDP_PORT: String(tracker.parts.udp.port) })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  const hasV6 = Object.values(networkInterfaces()).some((all) => all?.some(({ family }) => family === 'IPv6'));
  (hasV6 ? it : it.skip)(`answers IPv6 clients with IPv6 peers${hasV6 ? '' : ' (skipped: there is no IPv6 here)'}`, async () => {
    const tracker = await start({ PAGESWARM_HTTP_HOST: '::1' });
    const [one, two] = [await connect(tracker, '::1'), await connect(tracker, '::1')];
    await one.announce(infoHashV1, 0, 1_001);
    expect(await two.announce(infoHashV1, 5, 1_002)).toBe(`000000010000beef000003840000000100000002${'00'.repeat(15)}0103e9`);
  });
});
