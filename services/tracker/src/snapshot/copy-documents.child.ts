// The thread that reads the documents of a copy: it fills a catalog of its own with them, tells their texts to the thread
// that reads names, and hands the tables of the catalog over.
import { parentPort, workerData } from 'node:worker_threads';
import type { Logger } from '@pageswarm/observability';
import { Catalog } from '../catalog/catalog.ts';
import { systemClock } from '../system-clock.ts';
import { openDocuments } from './copy-place.ts';
import { CopyReader } from './copy-reader.ts';
import { DocumentsFilling } from './documents-filling.ts';
import type { DocumentsOrder, DocumentsOutcome, ThreadReport } from './restoring-order.ts';
import { handOverTables } from './table-move.ts';
import { TextsSender } from './texts-sender.ts';

const port = parentPort as NonNullable<typeof parentPort>;
const { place, next, holders, texts } = workerData as DocumentsOrder;
const tell = (report: ThreadReport) => port.postMessage(report);
const warn = (facts: unknown, text: string) => tell({ kind: 'warning', facts, text });
const logger = { debug: () => {}, info: () => {}, warn, error: warn } as unknown as Logger;

const catalog = new Catalog();
catalog.expectHolders(holders);
const source = openDocuments(place, logger);
const names = new TextsSender(catalog, texts);
const reader = new CopyReader(systemClock, logger, () => tell({ kind: 'progress', entries: reader.entries, obstacle: reader.obstacle }));
const filling = new DocumentsFilling(catalog, {
  now: systemClock.now,
  pass: (id, { code, detail }) => tell({ kind: 'unreadable', id, code, detail }),
  takeIn: (take) => take(),
});
/** Nobody else needs this thread. */
const turn = () => undefined;

async function fill(): Promise<DocumentsOutcome> {
  const loaded = { next };
  let failure: DocumentsOutcome['failure'];
  try {
    const load = () => source.load(loaded);
    const mayPass = (error: unknown) => source.mayPass(error);
    await reader.readAll('documents', load, mayPass, async (entries) => {
      await filling.takePacked(entries, turn);
      reader.progress(entries.count);
      tell({ kind: 'progress', entries: reader.entries, obstacle: undefined });
      await names.send();
    });
  } catch (error) {
    const { name, message } = error as Error;
    failure = { name, message };
  }
  // Documents that came after others had gone may have slots whose texts were told before.
  const hasNames = filling.gone.length === 0;
  await filling.settle(turn);
  names.end(filling.gone);
  return { next: loaded.next, failure, hasNames };
}

const outcome = await fill();
await source.close();
handOverTables(port, catalog.movables);
tell({ kind: 'filled', outcome });
