import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type BencodeInput, bencode } from '@pageswarm/torrent';

/** Where a client listens. */
export interface CrowdAddress {
  /** IPv4. */
  readonly host: string;
  readonly port: number;
}

/** How often clients may ask again, in seconds. */
const INTERVAL_S = 5;

/**
 * A BitTorrent tracker that knows a crowd beforehand. It lets leechers wait until all of them have asked, and then tells each of
 * all the others at once: none begins before the others are there, and none has to wait for its next announce to hear of them.
 */
export class CrowdTracker {
  private readonly server;
  private readonly waiting = new Map<number, () => void>();
  /** True when the seed has announced itself. */
  isSeeded = false;
  /** When the leechers were told of each other, by `performance.now()`. */
  openedAt: number | undefined;

  /** Everybody has a port that nobody else of the crowd has, whatever the address: by that they are told apart. */
  constructor(
    private readonly seed: CrowdAddress,
    private readonly leechers: readonly CrowdAddress[],
  ) {
    const leecherPorts = leechers.map(({ port }) => port);
    this.server = createServer((request, response) => {
      const port = Number(new URL(request.url ?? '', 'http://tracker').searchParams.get('port'));
      const answer = () => response.end(this.answerTo(port));
      if (port === seed.port) this.isSeeded = true;
      if (this.openedAt !== undefined || !leecherPorts.includes(port)) return void answer();
      this.waiting.set(port, answer);
      if (this.waiting.size === leecherPorts.length) this.letGo();
    });
  }

  /** @returns its announce URL */
  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/announce`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private letGo(): void {
    this.openedAt = performance.now();
    for (const answer of this.waiting.values()) answer();
  }

  private answerTo(port: number): Uint8Array {
    const others = [this.seed, ...this.leechers].filter((other) => other.port !== port);
    const peers = Buffer.from(others.flatMap((other) => [...other.host.split('.').map(Number), other.port >> 8, other.port & 255]));
    return bencode(
      new Map<string, BencodeInput>([
        ['interval', INTERVAL_S],
        ['peers', peers],
      ]),
    );
  }
}
