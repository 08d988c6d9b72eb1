// The thread that reads the documents of a copy: it fills a catalog of its own with them, tells their texts to the thread
// that reads names, and hands the tables of the catalog over.
import { parentPort, workerData } from 'node:worker_threads';
import type { Logger } from '@pageswarm/observability';
import { Catalog } from '../catalog/catalog.ts';
import { systemClock } from '../system-clock.ts';
import { openCopy } from './copy-place.ts';
import { CopyReader } from './copy-reader.ts';
import { DocumentsFilling } from './documents-filling.ts';
import type { DocumentsOrder, DocumentsOutcome, ThreadReport } from './restoring-order.ts';
import { handOverTables } from './table-move.ts';
import { TextsSender } from './texts-sender.ts';

/** Documents that are entered together: their places in tables are looked at before the first of them is entered. */
const ENTERED_TOGETHER = 50;

const port = parentPort as NonNullable<typeof parentPort>;
const { place, next, holders, texts } = workerData as DocumentsOrder;
const tell = (report: ThreadReport) => port.postMessage(report);
const warn = (facts: unknown, text: string) => tell({ kind: 'warning', facts, text });
const logger = { debug: () => {}, info: () => {}, warn, error: warn } as unknown as Logger;

const catalog = new Catalog();
catalog.expectHolders(holders);
const store = openCopy(place, logger);
const names = new TextsSender(catalog, texts);
const reader = new CopyReader(systemClock, logger, () => tell({ kind: 'progress', entries: reader.entries, obstacle: reader.obstacle }));
const filling = new DocumentsFilling(catalog, systemClock.now, (id, { code, detail }) =>
  tell({ kind: 'unreadable', id: id.toString('hex'), code, detail }),
);

async function fill(): Promise<DocumentsOutcome> {
  const loaded = { next };
  let failure: DocumentsOutcome['failure'];
  try {
    await catalog.beginFilling(await store.count('documents'));
    await reader.readAll(store, 'documents', loaded, async (entries) => {
      for (let at = 0; at < entries.length; at += ENTERED_TOGETHER)
        filling.take(entries, at, Math.min(at + ENTERED_TOGETHER, entries.length));
      reader.progress(entries.length);
      tell({ kind: 'progress', entries: reader.entries, obstacle: undefined });
      await names.send();
    });
  } catch (error) {
    const { name, message } = error as Error;
    failure = { name, message };
  }
  names.end();
  await catalog.endFilling(() => undefined);
  return { next: loaded.next, failure };
}

const outcome = await fill();
await store.close();
handOverTables(port, catalog.movables);
tell({ kind: 'filled', outcome });
