import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { PageSwarmError } from '@pageswarm/primitives';
import { Subject } from 'rxjs';
import { type DocumentRecord, NOT_INSPECTED } from '../library/document-record.ts';
import type { Library, LibraryChange } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { Inspector } from './inspector.ts';
import type { PublishedInspection } from './published-inspection.ts';
import type { WorkerLink } from './worker-link.service.ts';

const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
const found = { ...NOT_INSPECTED, pages: 3, words: [1, 2, 3], mapped: true, mapReason: null };

/** A node with one complete document, a worker that reads it, and a disk that may be full. */
function node(options: { diskFull: boolean; published?: boolean }) {
  const document = { complete: true, record: { inspection: NOT_INSPECTED } as DocumentRecord } as LocalDocument;
  const changes = new Subject<LibraryChange>();
  const asked: string[] = [];
  const library = {
    changes,
    list: () => [document],
    setInspection: async (_: LocalDocument, inspection: DocumentRecord['inspection']) => {
      if (options.diskFull) throw new PageSwarmError('STORE_FULL', 'There is no space left');
      document.record = { ...document.record, inspection };
    },
  } as unknown as Library;
  const workers = {
    inspect: async () => {
      asked.push('worker');
      return { inspection: found, pageMap: new Uint8Array(1) };
    },
  } as unknown as WorkerLink;
  const published = {
    find: async () => (options.published ? { inspection: found, pageMap: new Uint8Array(1) } : undefined),
  } as unknown as PublishedInspection;
  return { document, asked, inspector: new Inspector(library, workers, published, logger) };
}

describe('the inspector', () => {
  let inspector: Inspector | undefined;
  afterEach(() => inspector?.stop());

  it('has a document looked at by a worker, once', async () => {
    const { document, asked, ...rest } = node({ diskFull: false });
    inspector = rest.inspector;
    inspector.start();
    await inspector.settled(document);
    expect(document.record.inspection.pages).toBe(3);
    inspector.stop();
    inspector.start();
    await inspector.settled(document);
    expect(asked).toEqual(['worker']);
  });

  it('takes over what was published and asks no worker', async () => {
    const { document, asked, ...rest } = node({ diskFull: false, published: true });
    inspector = rest.inspector;
    inspector.start();
    await inspector.settled(document);
    expect([document.record.inspection.pages, asked]).toEqual([3, []]);
  });

  it('fails nobody who waits when its result cannot be kept', async () => {
    const { document, asked, ...rest } = node({ diskFull: true });
    inspector = rest.inspector;
    inspector.start();
    await expect(inspector.settled(document)).resolves.toBeUndefined();
    expect([document.record.inspection.pages, asked]).toEqual([null, ['worker']]);
  });
});
