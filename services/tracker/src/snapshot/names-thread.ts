import type { MessagePort } from 'node:worker_threads';
import { NameIndex } from '../search/name-index.ts';
import { TextsReader } from './document-texts.ts';
import type { NamesOrder, TextsMessage, TextsRead, ThreadReport } from './restoring-order.ts';
import { handOverTables } from './table-move.ts';

/** Fills an index with the names of the documents of a copy as another thread sends them, and hands its tables over. */
export function readNames(port: MessagePort, { texts }: NamesOrder): void {
  const index = new NameIndex(() => []);
  index.beginFilling();
  let slot = 0;
  let ended: Promise<void> | undefined;
  const handOver = async (gone: readonly number[]) => {
    texts.close();
    await ended;
    for (const slot of gone) index.delete(slot);
    handOverTables(port, index.movables);
    port.postMessage({ kind: 'filled', outcome: undefined } satisfies ThreadReport);
  };
  texts.on('message', (message: TextsMessage) => {
    if ('gone' in message) void handOver(message.gone);
    else if ('isAll' in message) ended = index.endFilling(() => undefined);
    else {
      for (const reader = new TextsReader(message.texts); !reader.isAtEnd; ) index.fill(slot++, reader);
      texts.postMessage({ read: message.texts.length } satisfies TextsRead);
    }
  });
}
