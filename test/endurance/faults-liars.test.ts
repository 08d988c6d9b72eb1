import { createHash } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { peerId, randomInteger, SeededRandom } from '@pageswarm/primitives';
import { type LyingManner, LyingPeer, noisePdf, ProcessSwarm } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';
import { addOn, clientOf, expectWhole, hostOf, nodeOf, pdfOf, seed } from '../e2e/noise-transfer.ts';

const MIB = 1_048_576;
const HOSTS = 8;
const MOST_LIARS = 3;
const DOCUMENT_BYTES = 16 * MIB;
const UPLOAD_BYTES_PER_SECOND = 2 * MIB;
const MANNERS: readonly LyingManner[] = ['wrong-bytes', 'nonsense', 'other-pieces', 'too-few-bytes', 'stalls'];

it(
  `one to three liars of ${HOSTS} hosts: the bytes are right, who sent wrong ones is banned, nobody honest is`,
  () =>
    ProcessSwarm.run(async (swarm) => {
      const random = new SeededRandom(seed);
      await swarm.startTracker();
      const env = { PAGESWARM_UPLOAD_LIMIT_BYTES: String(UPLOAD_BYTES_PER_SECOND), PAGESWARM_LOG_LEVEL: 'info' };
      const names = Array.from({ length: HOSTS - 1 }, (_, place) => `honest-${place + 1}`);
      const honest = await Promise.all(names.map((name) => swarm.startPeer(name, { env })));
      const reader = await swarm.startPeer('reader');
      const client = new PeerClient(reader.base);
      for (let liars = 1; liars <= MOST_LIARS; liars++) {
        const bytes = noisePdf({ pages: 40, pageBytes: DOCUMENT_BYTES / 40, seed: seed * 10 + liars });
        const document = await addOn(honest.slice(0, HOSTS - liars), bytes);
        // At least one sends wrong bytes, the others lie as chance will have it.
        const manners = Array.from({ length: liars }, (_, liar) =>
          liar === 0 ? 'wrong-bytes' : (MANNERS[randomInteger(random, 0, MANNERS.length)] as LyingManner),
        );
        const lying = manners.map((manner, liar) => {
          const id = peerId(`${liars}${liar}`.repeat(20));
          return swarm.add(new LyingPeer({ tracker: swarm.tracker, document, manner, peerId: id }));
        });
        await Promise.all(lying.map((liar) => liar.start()));
        const started = performance.now();
        const done = await client.followDownload((await client.startDownload({ id: document.id })).id, 60_000);
        process.stdout.write(`faults-liars: ${manners.join(', ')}: ${Math.round(performance.now() - started)} ms\n`);
        expect([manners, done.state, done.error]).toEqual([manners, 'done', null]);
        expect((await client.contentHashes(document.id)).sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
        const states = new Map(done.hosts.map((host) => [host.peerId as string, host]));
        for (const [place, liar] of lying.entries()) {
          const host = states.get(liar.peerId);
          expect([manners[place], host?.pieces]).toEqual([manners[place], 0]);
          if (manners[place] === 'wrong-bytes') expect([host?.state, host?.detail]).toEqual(['banned', expect.stringContaining('piece')]);
          states.delete(liar.peerId);
        }
        for (const host of states.values()) expect([host.address, host.state === 'banned']).toEqual([host.address, false]);
        await Promise.all(lying.map((liar) => liar.stop()));
      }
    }),
  180_000,
);

it(
  'four hosts that break the rules, each in its own way: the bytes are right, and it is said of each',
  () =>
    ProcessSwarm.run(async (swarm) => {
      await swarm.startTracker();
      const [honest, reader] = await Promise.all([swarm.startPeer('honest', { uplink: 5 * MIB }), swarm.startPeer('reader')]);
      const bytes = pdfOf(20 * MIB);
      const document = await addOn([honest], bytes);
      const manners: LyingManner[] = ['stalls', 'nonsense', 'other-pieces', 'too-few-bytes'];
      const liars = manners.map((manner, index) =>
        swarm.add(new LyingPeer({ tracker: swarm.tracker, document, manner, peerId: peerId(`${index}`.repeat(40)) })),
      );
      await Promise.all(liars.map((liar) => liar.start()));
      const { id } = await clientOf(reader).startDownload({ id: document.id });
      const done = await clientOf(reader).followDownload(id, 60_000);
      await expectWhole(reader, done, bytes);
      for (const [index, liar] of liars.entries()) {
        expect([manners[index], liar.piecesAsked > 0]).toEqual([manners[index], true]);
        expect([manners[index], hostOf(done, liar.peerId)?.pieces]).toEqual([manners[index], 0]);
        // Silence is only slow at first: whoever stalls is not blamed as long as others are fast enough.
        if (manners[index] !== 'stalls')
          expect([manners[index], hostOf(done, liar.peerId)?.detail]).toEqual([manners[index], expect.stringMatching(/\S/)]);
      }
      expect(hostOf(done, (await nodeOf(honest)).peerId)?.state).toMatch(/active|idle/);
    }),
  90_000,
);
