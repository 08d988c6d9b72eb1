import { existsSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { WORKER_PATTERNS } from '@pageswarm/contracts';
import { peerId } from '@pageswarm/primitives';
import { SwarmClient } from '@pageswarm/transport';
import { FakePeer } from '../medium/pdf-worker-stage.ts';
import { VirtualBook } from '../medium/virtual-book.ts';
import { familyBytes, startWorkerProcess } from '../medium/worker-process.ts';

const MIB = 1_048_576;
const PAGES = 128;
/** What an inspection of a document of a gigabyte may hold beyond what the idle service holds. */
const MAX_HELD_BYTES = 300 * MIB;
const SAMPLE_MS = 100;
const hasProc = existsSync('/proc/self/smaps_rollup');

(hasProc ? it : it.skip)(
  `an inspection of a document of 1 GiB holds at most 300 MB${hasProc ? '' : ' (skipped: no /proc)'}`,
  async () => {
    const book = new VirtualBook(PAGES, 8 * MIB);
    expect(book.size).toBeGreaterThan(1_024 * MIB);
    const peer = new FakePeer();
    await peer.start();
    const worker = startWorkerProcess({ PAGESWARM_POOL_SIZE: '2' });
    const { transport } = await worker.ready;
    const client = new SwarmClient({ endpoint: transport, identity: { peerId: peerId('cd'.repeat(20)), role: 'peer' } });
    const pid = worker.process.pid as number;
    const inspect = async (source: VirtualBook, root: string) => {
      const { head, body } = await client.bytes<{ pages: number; words: number[]; mapped: boolean; error: unknown }>(
        WORKER_PATTERNS.inspect,
        peer.addSource(source, root.repeat(32)),
      );
      for await (const chunk of body) expect(chunk.length).toBeGreaterThan(0);
      return head;
    };
    try {
      // Code that has not run before is no part of what a document holds.
      await inspect(new VirtualBook(2, MIB), '01');
      const before = familyBytes(pid);
      let most = 0;
      const timer = setInterval(() => {
        most = Math.max(most, familyBytes(pid));
      }, SAMPLE_MS);
      const started = performance.now();
      const found = await inspect(book, '02').finally(() => clearInterval(timer));
      const seconds = ((performance.now() - started) / 1_000).toFixed(1);
      const [idle, held] = [before, most - before].map((bytes) => Math.round(bytes / MIB));
      process.stdout.write(
        `pdf-worker-gigabyte: ${held} MiB held beside ${idle} MiB idle, ${seconds} s, ${Math.round(peer.bytesSent / MIB)} MiB read\n`,
      );
      expect(found).toMatchObject({ pages: PAGES, words: Array(PAGES).fill(5), mapped: true, error: null });
      expect(most - before).toBeLessThanOrEqual(MAX_HELD_BYTES);
      // Both jobs share what they read. PDFium is closed and opened again now and then, and then walks the page tree anew.
      expect(peer.bytesSent).toBeLessThan(1.6 * book.size);
    } finally {
      await client.close();
      worker.process.kill('SIGKILL');
      await peer.close();
    }
  },
  120_000,
);
