import { describe, expect, it } from '@jest/globals';
import type { Document } from '@pageswarm/contracts';
import { MAX_OPEN_FILES } from '@pageswarm/piece-store';
import { noisePdf, ProcessSwarm } from '@pageswarm/testing';
import { mostHeld } from '../../tools/bench/process-memory.ts';
import { readDocuments } from '../../tools/bench/readers.ts';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';

const DOCUMENTS = 1_000;
const READERS = 50;
/** Most of them read all the time. */
const READING_MS = 20_000;
const MIB = 1_048_576;
const MOST_MEMORY_BYTES = 200 * MIB;
/** Files and sockets that a peer has open when it does nothing. */
const IDLE_DESCRIPTORS = 40;

describe('a peer that shares a thousand documents', () => {
  it(
    'to fifty readers stays within 200 MiB, and within its cap of open files, also after a restart',
    () =>
      ProcessSwarm.run(async (swarm) => {
        const peer = await swarm.startPeer('host');
        const client = new PeerClient(peer.base);
        const add = async (seed: number) =>
          client.add(`document ${seed}.pdf`, noisePdf({ pages: 1 + (seed % 3), pageBytes: 20_000, seed }));
        const documents: Document[] = [];
        const adding = await mostHeld(peer.pid as number, async () => {
          for (let seed = 0; seed < DOCUMENTS; seed++) documents.push(await add(seed));
        });
        expect(adding.memory).toBeLessThan(MOST_MEMORY_BYTES);

        const read = () =>
          mostHeld(peer.pid as number, async () => void (await readDocuments(peer.transport, documents, READERS, READING_MS)));
        const reading = await read();
        expect(reading.memory).toBeLessThan(MOST_MEMORY_BYTES);
        expect(reading.descriptors).toBeLessThan(MAX_OPEN_FILES + READERS + IDLE_DESCRIPTORS);

        await peer.stop();
        await peer.start();
        expect((await client.documents()).items.length).toBe(DOCUMENTS);
        const again = await read();
        expect(again.memory).toBeLessThan(MOST_MEMORY_BYTES);
        expect(again.descriptors).toBeLessThan(MAX_OPEN_FILES + READERS + IDLE_DESCRIPTORS);
        process.stdout.write(
          `adding ${Math.round(adding.memory / MIB)} MiB, reading ${Math.round(reading.memory / MIB)} MiB and ${reading.descriptors} descriptors, after a restart ${Math.round(again.memory / MIB)} MiB\n`,
        );
      }),
    300_000,
  );
});
