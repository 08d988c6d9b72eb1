import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '@pageswarm/primitives';
import { Catalog } from '../catalog/catalog.ts';
import { CopyReader } from './copy-reader.ts';
import { DocumentsFilling } from './documents-filling.ts';
import type { DocumentsSource } from './packed-entries.ts';
import type { DocumentsOrder, DocumentsOutcome, ThreadReport } from './restoring-order.ts';
import { handOverTables } from './table-move.ts';
import { TextsSender } from './texts-sender.ts';
import { loggerOfThread } from './thread-logger.ts';

/** Nobody else needs the thread. */
const turn = () => undefined;

/**
 * Fills a catalog with the documents of a copy, sends their texts to the thread that reads names, and hands the tables of
 * the catalog over. It ends before all came where the store is silent for too long.
 * @throws whatever another try in the same way would not change
 */
export async function readDocuments(
  port: MessagePort,
  { next, holders, maxDocuments, texts }: Omit<DocumentsOrder, 'place'>,
  source: DocumentsSource,
  clock: Clock,
): Promise<void> {
  const tell = (report: ThreadReport) => port.postMessage(report);
  const catalog = new Catalog({ documents: maxDocuments });
  catalog.expectHolders(holders);
  const names = new TextsSender(catalog, texts);
  const filling = new DocumentsFilling(catalog, {
    now: () => clock.now(),
    pass: (id, { code, detail }) => tell({ kind: 'unreadable', id, code, detail }),
    takeIn: (take) => take(),
  });
  const reader = new CopyReader(clock, loggerOfThread(tell), () => progress());
  const progress = () => tell({ kind: 'progress', entries: reader.entries, obstacle: reader.obstacle });
  const place = { next };
  let failure: DocumentsOutcome['failure'];
  try {
    const load = () => source.load(place);
    await reader.readAll('documents', load, source.mayPass, async (entries) => {
      await filling.takePacked(entries, turn);
      reader.progress(entries.count);
      progress();
      await names.send();
    });
  } catch (error) {
    if (!source.mayPass(error)) throw error;
    const { name, message } = error as Error;
    failure = { name, message };
  }
  // Documents that came after others had gone may have slots whose texts were told before.
  const hasNames = filling.gone.length === 0;
  names.end();
  await filling.settle(turn);
  names.settle(filling.gone);
  await source.close();
  handOverTables(port, catalog.movables);
  tell({ kind: 'filled', outcome: { next: place.next, failure, hasNames } });
}
