import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { bencode } from '@pageswarm/torrent';
import { findFreeBasePort } from '../local-swarm/ports.ts';
import { cpuSeconds, firstLine, type Rival } from './rival.ts';

const COMMON = [
  '--quiet',
  '--enable-dht=false',
  '--enable-dht6=false',
  '--bt-enable-lpd=false',
  '--enable-peer-exchange=false',
  '--bt-request-peer-speed-limit=0',
  '--file-allocation=none',
  '--disk-cache=64M',
];
/** How often the processor time is read, in milliseconds: after the end of a process nobody can. */
const LOOK_INTERVAL_MS = 10;

export const aria2Rival: Rival = {
  name: 'aria2',
  settings: 'SHA-1 per piece; 64 MiB disk cache, no preallocation, v1 torrent of 256 KiB pieces; time from start to exit',
  async version() {
    return (await firstLine('aria2c', ['--version']))?.replace('aria2 version ', '');
  },
  async transfer({ folder, torrentOf }, target) {
    const [seedPort, fetchPort] = await twoPorts();
    const tracker = new OneHostTracker(seedPort);
    const torrent = await torrentOf(await tracker.listen());
    const seed = spawn('aria2c', [
      ...COMMON,
      `--dir=${folder}`,
      `--listen-port=${seedPort}`,
      '--bt-seed-unverified=true',
      '--seed-ratio=0.0',
      torrent,
    ]);
    try {
      await tracker.announced;
      const seedBefore = (await cpuSeconds([seed.pid])) ?? 0;
      const started = performance.now();
      const fetch = spawn('aria2c', [...COMMON, `--dir=${target}`, `--listen-port=${fetchPort}`, '--seed-time=0', torrent]);
      const ended = once(fetch, 'exit');
      let used: number | undefined;
      while (fetch.exitCode === null && fetch.signalCode === null) {
        used = (await cpuSeconds([seed.pid, fetch.pid])) ?? used;
        await Promise.race([delay(LOOK_INTERVAL_MS), ended]);
      }
      const seconds = (performance.now() - started) / 1_000;
      if (fetch.exitCode !== 0) throw new Error(`aria2c ended with ${fetch.exitCode}`);
      return { seconds, cpuSeconds: used === undefined ? undefined : used - seedBefore };
    } finally {
      seed.kill('SIGKILL');
      tracker.close();
    }
  },
};

async function twoPorts(): Promise<[number, number]> {
  const base = await findFreeBasePort(1);
  return [base, base + 1];
}

/** A BitTorrent tracker that knows one host: aria2 takes hosts from nobody else. */
class OneHostTracker {
  private readonly server;
  /** Resolves when somebody has announced. */
  readonly announced: Promise<void>;

  constructor(port: number) {
    const peers = Buffer.from([127, 0, 0, 1, port >> 8, port & 255]);
    this.server = createServer((_, response) =>
      response.end(
        bencode(
          new Map<string, number | Uint8Array>([
            ['interval', 600],
            ['peers', peers],
          ]),
        ),
      ),
    );
    this.announced = once(this.server, 'request').then(() => undefined);
  }

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/announce`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }
}
