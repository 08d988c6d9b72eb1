import { join } from 'node:path';
import { parseEndpoint } from '@pageswarm/primitives';
import { noisePdf } from '@pageswarm/testing';
import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import type { Bench, Measurement } from './bench.ts';
import { writeBigDocument } from './big-document.ts';
import { mostHeld } from './process-memory.ts';
import { readDocuments, type SharedDocument } from './readers.ts';

const MB = 1_000_000;
/** As many pages of 1 MiB as fit into the largest document that a peer takes by default. */
const BIG_PAGES = 1_023;
const DOWNLOAD_LIMIT_MS = 300_000;
const INSPECTION_LIMIT_MS = 300_000;
const DOCUMENTS = 1_000;
const DOCUMENT_PAGE_BYTES = 40_000;
const READERS = 50;
const READING_MS = 10_000;
/** What one peer may hold, in MB. */
const GOAL = { atMost: 200 };

/** What a peer holds while it works hard, looked at every 50 ms. */
export const memoryBench: Bench = {
  name: 'memory',
  about: `the most memory of a peer that downloads 1 GiB, and of one that seeds ${DOCUMENTS} documents to ${READERS} connections`,
  run: async (tell) => [
    ...(await withTemporarySwarm(2, (swarm, folder) => downloading(swarm, folder, tell))),
    ...(await withTemporarySwarm(1, (swarm) => seeding(swarm, tell))),
  ],
};

async function downloading(swarm: LocalSwarm, folder: string, tell: (line: string) => void): Promise<Measurement[]> {
  const path = join(folder, 'big.pdf');
  await writeBigDocument(path, BIG_PAGES);
  const { id, size } = await swarm.peer(1).addInspected('big.pdf', path, INSPECTION_LIMIT_MS);
  const [sender, receiver] = [1, 2].map((peer) => swarm.process(`peer-${peer}`).pid) as [number, number];
  let receiving = 0;
  const sending = await mostHeld(sender, async () => {
    const most = await mostHeld(receiver, async () => {
      const peer = swarm.peer(2);
      const { state, error } = await peer.followDownload((await peer.startDownload({ id })).id, DOWNLOAD_LIMIT_MS);
      if (state !== 'done') throw new Error(`The download is ${state}: ${error?.detail}`);
    });
    receiving = most.memory;
  });
  tell(`${(size / 2 ** 30).toFixed(2)} GiB came, with at most ${(receiving / MB).toFixed(0)} MB here and ${inMb(sending)} MB there`);
  return [
    { what: 'downloading 1 GiB', unit: 'MB', runs: [receiving / MB], asked: GOAL, note: 'RSS of the receiver' },
    { what: 'sending it', unit: 'MB', runs: [sending.memory / MB], note: 'RSS of the sender, which also took the document in before' },
  ];
}

async function seeding(swarm: LocalSwarm, tell: (line: string) => void): Promise<Measurement[]> {
  const peer = swarm.peer(1);
  const { pid, transport } = swarm.process('peer-1');
  const documents: SharedDocument[] = [];
  const adding = await mostHeld(pid, async () => {
    for (let seed = 0; seed < DOCUMENTS; seed++)
      documents.push(await peer.add(`document ${seed}.pdf`, noisePdf({ pages: 1, pageBytes: DOCUMENT_PAGE_BYTES, seed })));
  });
  tell(`${DOCUMENTS} documents were added, with at most ${inMb(adding)} MB`);
  let received = 0;
  const held = await mostHeld(pid, async () => {
    received = await readDocuments(parseEndpoint(transport), documents, READERS, READING_MS);
  });
  tell(`${READERS} readers took ${(received / MB).toFixed(0)} MB, with at most ${inMb(held)} MB and ${held.descriptors} descriptors`);
  return [
    {
      ...{ what: `seeding ${DOCUMENTS} documents`, unit: 'MB', runs: [held.memory / MB], asked: GOAL },
      note: `RSS with ${READERS} connections that read all the time`,
    },
    { what: 'adding them', unit: 'MB', runs: [adding.memory / MB], note: 'RSS' },
    { what: 'open files and sockets', unit: '', runs: [held.descriptors], note: `${READERS} of them are the readers` },
  ];
}

function inMb({ memory }: { readonly memory: number }): string {
  return (memory / MB).toFixed(0);
}
