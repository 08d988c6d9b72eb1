import { writeSync } from 'node:fs';
import { SeededRandom, shuffled } from '@pageswarm/primitives';
import { FileStore } from './file-store.ts';
import { KILLED_DOCUMENT, killedPiece } from './killed-document.fixture.ts';

/**
 * A process to be killed: `node piece-writing.child.js <directory> <seed>`. It writes what is missing of the document in an order
 * of the seed, tells each piece on stdout when its write has resolved, and finishes. It says "begun" first and "finished" last.
 */
const [directory = '', seed = '0'] = process.argv.slice(2);
const store = new FileStore({ directory });
const document = await store.open(KILLED_DOCUMENT);
writeSync(1, `begun ${document.needsVerification ? 'untrusted' : 'trusted'}\n`);
const missing = Array.from({ length: document.have.size }, (_, piece) => piece).filter((piece) => !document.have.has(piece));
const order = shuffled(new SeededRandom(Number(seed)), missing);
await Promise.all(
  Array.from({ length: 24 }, async () => {
    for (let piece = order.pop(); piece !== undefined; piece = order.pop()) {
      await document.write(piece, killedPiece(piece));
      writeSync(1, `${piece}\n`);
    }
  }),
);
await document.finish();
writeSync(1, `finished ${document.fileName}\n`);
