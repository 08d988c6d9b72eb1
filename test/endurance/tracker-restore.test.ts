import { createHash, type Hash } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { documentId, infoHashV1, infoHashV2, md5, peerId } from '@pageswarm/primitives';
import { REDIS_COMMAND_TIMEOUT_MS, type RunningTracker } from '@pageswarm/tracker';
import { REDIS_MISSING, RedisProcess } from '../medium/redis-process.ts';
import { startTestTracker } from '../medium/tracker-nodes.ts';

/** Some megabytes of entries, so that a silence in the middle finds the tracker in the middle. */
const DOCUMENTS = 20_000;
const SILENT_AFTER_BYTES = 1_000_000;
const HOST = peerId('ab'.repeat(20));
const UNKNOWN = { pages: null, words: null, extractor: null, title: null, author: null, mapped: false, mapReason: null } as const;
const INSPECTION = { ...UNKNOWN, encrypted: false, needsPassword: false, error: null };

function factsOf(n: number) {
  const digits = (hash: Hash) => hash.update(String(n)).digest('hex');
  const id = documentId(digits(createHash('sha256')));
  const hashes = { infoHashV1: infoHashV1(digits(createHash('sha1'))), infoHashV2: infoHashV2(`${'0'.repeat(32)}${id.slice(0, 32)}`) };
  const bytes = { name: `kept ${n}.pdf`, size: 100_000, pieceLength: 16_384, md5: md5(digits(createHash('md5'))) };
  return { id, ...hashes, ...bytes, addedBy: HOST, addedAt: 1.7e12 + n, aliases: [], inspection: INSPECTION };
}

/** Stands before Redis and, once so many bytes have come back, lets nothing through for a while. */
class SilentDoor {
  private readonly server: Server;
  private left = SILENT_AFTER_BYTES;
  silences = 0;

  constructor(redisPort: number) {
    this.server = createServer((client) => {
      const redis = connect(redisPort, '127.0.0.1');
      client.pipe(redis).on('error', () => client.destroy());
      client.on('error', () => redis.destroy()).on('close', () => redis.destroy());
      redis.on('close', () => client.destroy());
      redis.on('data', (bytes) => {
        client.write(bytes);
        this.left -= bytes.length;
        if (this.left > 0 || this.silences > 0) return;
        this.silences++;
        redis.pause();
        setTimeout(() => redis.resume(), REDIS_COMMAND_TIMEOUT_MS + 1_500);
      });
    });
  }

  async open(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
  }
}

const describeRedis = REDIS_MISSING ? describe.skip : describe;
describeRedis(`a tracker that starts while its Redis falls silent${REDIS_MISSING ? ` (skipped: ${REDIS_MISSING})` : ''}`, () => {
  let redis: RedisProcess;
  const trackers: RunningTracker[] = [];
  const start = async (url: string) => {
    const tracker = await startTestTracker({ PAGESWARM_REDIS_URL: url });
    trackers.push(tracker);
    return tracker;
  };
  beforeAll(async () => {
    redis = await RedisProcess.start();
  }, 20_000);
  afterAll(async () => {
    await Promise.all(trackers.map((tracker) => tracker.close()));
    await redis?.remove();
  }, 30_000);

  it('is ready with the whole copy and not before, and writes none of it anew', async () => {
    const first = await start(redis.url);
    const { catalog, hosts, snapshotter } = first.parts;
    hosts.join({ peerId: HOST, name: 'a host', zone: undefined, address: { host: '127.0.0.1', port: 9 }, httpAddress: undefined });
    for (let n = 0; n < DOCUMENTS; n++) {
      catalog.announce(HOST, factsOf(n), { have: 7, complete: true });
      if (n % 500 === 0) await sleep(0);
    }
    for (let tries = 0; tries < 100 && snapshotter.status().pending > 0; tries++) await snapshotter.step();
    expect(snapshotter.status()).toMatchObject({ state: 'ok', pending: 0 });
    await first.close();

    const door = new SilentDoor(redis.port);
    const second = await start(await door.open());
    expect(door.silences).toBe(1);
    expect(second.parts.catalog.size).toBe(DOCUMENTS);
    expect(second.parts.snapshotter).toMatchObject({ isRestored: true });
    expect(second.parts.snapshotter.status()).toMatchObject({ state: 'ok', pending: 0 });
    expect(second.parts.snapshotter.status().savedEntries).toBeLessThan(10);
    door.close();
  }, 90_000);
});
