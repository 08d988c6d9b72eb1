import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import { PageSwarmError } from '@pageswarm/primitives';
import { Subject } from 'rxjs';
import { type DocumentRecord, NOT_INSPECTED } from '../library/document-record.ts';
import type { InspectedDocument, Library, LibraryChange } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { Inspector } from './inspector.ts';
import type { PublishedInspection } from './published-inspection.ts';
import type { WorkerLink } from './worker-link.service.ts';

const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
const findings = { layout: new Uint8Array(1), texts: new Uint8Array(1) };
const found = { ...NOT_INSPECTED, pages: 3, words: [1, 2, 3], mapped: true, mapReason: null };

/** A node with one complete document, a worker that reads it, and a disk that may be full. */
function node(options: { diskFull: boolean; published?: boolean; hostKeepsTexts?: boolean }) {
  const document = { complete: true, record: { inspection: NOT_INSPECTED } as DocumentRecord } as LocalDocument;
  const changes = new Subject<LibraryChange>();
  const asked: string[] = [];
  const kept: unknown[] = [];
  const library = {
    changes,
    list: () => [document],
    setFindings: async (_: LocalDocument, its: unknown) => void kept.push(its),
    setInspection: async (_: LocalDocument, { inspection, findings: its }: InspectedDocument) => {
      if (options.diskFull) throw new PageSwarmError('STORE_FULL', 'There is no space left');
      if (its) kept.push(its);
      document.record = { ...document.record, inspection };
    },
  } as unknown as Library;
  const workers = {
    inspect: async () => {
      asked.push('worker');
      return { inspection: found, pageMap: new Uint8Array(1), findings };
    },
  } as unknown as WorkerLink;
  const published = {
    find: async () => (options.published ? { inspection: found, pageMap: new Uint8Array(1) } : undefined),
  } as unknown as PublishedInspection;
  const has = async () => kept.length > 0;
  const find = async () => (options.hostKeepsTexts ? findings : undefined);
  return { document, asked, kept, inspector: new Inspector(library, workers, published, { has }, { find }, logger) };
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

  it('takes over what was published, texts too, and asks no worker', async () => {
    const { document, asked, kept, ...rest } = node({ diskFull: false, published: true, hostKeepsTexts: true });
    inspector = rest.inspector;
    inspector.start();
    await inspector.settled(document);
    await new Promise(setImmediate);
    expect([document.record.inspection.pages, kept, asked]).toEqual([3, [findings], []]);
  });

  it('has the texts read by a worker, once, when no host keeps them, and leaves the words as they were published', async () => {
    const { document, asked, kept, ...rest } = node({ diskFull: false });
    const published = { ...found, words: [7, 7, 7] };
    document.record = { ...document.record, inspection: published };
    inspector = rest.inspector;
    for (let times = 0; times < 2; times++) {
      inspector.start();
      await new Promise(setImmediate);
      expect([document.record.inspection, kept, asked]).toEqual([published, [findings], ['worker']]);
    }
  });

  it('fails nobody who waits when its result cannot be kept', async () => {
    const { document, asked, ...rest } = node({ diskFull: true });
    inspector = rest.inspector;
    inspector.start();
    await expect(inspector.settled(document)).resolves.toBeUndefined();
    expect([document.record.inspection.pages, asked]).toEqual([null, ['worker']]);
  });
});
