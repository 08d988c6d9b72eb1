// The thread that reads the names of the documents of a copy: it fills an index of its own with them and hands its tables over.
import { parentPort, workerData } from 'node:worker_threads';
import { NameIndex } from '../search/name-index.ts';
import { TextsReader } from './document-texts.ts';
import type { NamesOrder, TextsMessage, TextsRead, ThreadReport } from './restoring-order.ts';
import { handOverTables } from './table-move.ts';

const port = parentPort as NonNullable<typeof parentPort>;
const { texts } = workerData as NamesOrder;
const index = new NameIndex(() => []);
index.beginFilling();
let slot = 0;

texts.on('message', (message: TextsMessage) => {
  if ('gone' in message) {
    void end(message.gone);
    return;
  }
  for (const reader = new TextsReader(message.texts); !reader.isAtEnd; ) index.fill(slot++, reader);
  texts.postMessage({ read: message.texts.length } satisfies TextsRead);
});

async function end(gone: readonly number[]): Promise<void> {
  texts.close();
  await index.endFilling(() => undefined);
  for (const slot of gone) index.delete(slot);
  handOverTables(port, index.movables);
  port.postMessage({ kind: 'filled', outcome: undefined } satisfies ThreadReport);
}
