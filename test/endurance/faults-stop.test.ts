import { createHash, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { Document } from '@pageswarm/contracts';
import { noisePdf, ProcessSwarm } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';

const MIB = 1_048_576;
const DOCUMENT_BYTES = 40 * MIB;
/** Two hosts of this rate need 10 s; the one that is left needs longer than the other is stopped for. */
const UPLOAD_BYTES_PER_SECOND = 2 * MIB;
const STOPPED_MS = 20_000;
/** The longest time without a new piece while a live host has what is missing, in milliseconds. */
const MAX_STANDSTILL_MS = 5_000;
/** PAGESWARM_TEST_SEED=<n> stops the host after the same time again. */
const seed = Number(process.env.PAGESWARM_TEST_SEED ?? randomInt(1_000_000));

it(
  'a host that is stopped for 20 s in the middle of a transfer holds nobody up for 5 s',
  () =>
    ProcessSwarm.run(async (swarm) => {
      const stopAfterMs = 200 + (seed % 4_000);
      process.stdout.write(`faults-stop: seed ${seed}, stopped after ${stopAfterMs} ms\n`);
      await swarm.startTracker();
      const env = { PAGESWARM_UPLOAD_LIMIT_BYTES: String(UPLOAD_BYTES_PER_SECOND) };
      const [stopped, steady, reader] = await Promise.all([
        swarm.startPeer('stopped', { env }),
        swarm.startPeer('steady', { env }),
        swarm.startPeer('reader'),
      ]);
      const bytes = noisePdf({ pages: 40, pageBytes: DOCUMENT_BYTES / 40, seed });
      const [document] = await Promise.all([stopped, steady].map((peer) => new PeerClient(peer.base).add('Noise.pdf', bytes)));
      const client = new PeerClient(reader.base);
      const { id } = await client.startDownload({ id: (document as Document).id });
      const stopping = delay(stopAfterMs).then(async () => {
        await stopped.kill('SIGSTOP');
        await delay(STOPPED_MS);
        await stopped.kill('SIGCONT');
      });
      let have = 0;
      let progressAt = performance.now();
      let longestMs = 0;
      const done = await client.followDownload(id, 60_000, ({ pieces }) => {
        const now = performance.now();
        if (pieces.have > have) {
          longestMs = Math.max(longestMs, now - progressAt);
          progressAt = now;
        }
        have = pieces.have;
      });
      process.stdout.write(`faults-stop: the longest time without a new piece was ${Math.round(longestMs)} ms\n`);
      expect([done.state, done.error]).toEqual(['done', null]);
      expect(longestMs).toBeLessThan(MAX_STANDSTILL_MS);
      expect((await client.contentHashes(done.documentId)).sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
      expect(done.hosts.filter(({ state }) => state === 'banned')).toEqual([]);
      await stopping;
    }),
  120_000,
);
