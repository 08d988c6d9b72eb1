import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodePageMap } from '@pageswarm/page-map';
import { isPageSwarmError } from '@pageswarm/primitives';
import { HOSTILE_PDFS, manyPages } from './hostile-pdfs.ts';
import { type DocumentRequest, WorkerStage } from './pdf-worker-stage.ts';

const DOCUMENT_CODES = ['PDF_UNREADABLE', 'PDF_TIMEOUT', 'PDF_MEMORY', 'PDF_CRASH', 'PAGE_NOT_FOUND', 'INVALID_PAGES'];
/** The time limit of a job here; every hostile file must be over within a few of them. */
const JOB_TIMEOUT_MS = 1_000;
const WITHIN_MS = 15_000;
const MEMORY_BYTES = 512 * 1_048_576;

/** The code that a request ended with, or undefined if it was answered. */
async function codeOf(request: Promise<unknown>): Promise<string | undefined> {
  try {
    await request;
    return undefined;
  } catch (error) {
    if (isPageSwarmError(error)) return error.code;
    throw error;
  }
}

describe('a pdf-worker that is given hostile PDFs', () => {
  const stage = new WorkerStage();
  let innocent: DocumentRequest;
  let residentBefore = 0;

  beforeAll(async () => {
    await stage.start({ PAGESWARM_JOB_TIMEOUT_MS: String(JOB_TIMEOUT_MS), PAGESWARM_JOB_MEMORY_BYTES: String(MEMORY_BYTES) });
    innocent = stage.peer.add(manyPages(20));
    await stage.inspect(innocent);
    residentBefore = process.memoryUsage.rss();
  });
  afterAll(() => stage.close());

  it.each(Object.entries(HOSTILE_PDFS))(
    'ends %s with a result or a coded error, and answers the others',
    async (_name, make) => {
      const document = stage.peer.add(make());
      const started = performance.now();
      const hostile = stage.inspect(document);
      const other = await stage.inspect(innocent);
      expect(other.head).toMatchObject({ pages: 20, mapped: true, error: null });
      const { head, body } = await hostile;
      expect(performance.now() - started).toBeLessThan(WITHIN_MS);
      if (head.error) expect(DOCUMENT_CODES).toContain(head.error.code);
      else expect(head.pages).toBeGreaterThan(0);
      expect(decodePageMap(body, document).mapped).toBe(head.mapped);

      const asked = performance.now();
      const codes = [await codeOf(stage.render(document, 1)), await codeOf(stage.extract(document, '1'))];
      expect(performance.now() - asked).toBeLessThan(WITHIN_MS);
      for (const code of codes) if (code !== undefined) expect(DOCUMENT_CODES).toContain(code);
    },
    60_000,
  );

  it('is as it was before: children ready, memory given back', async () => {
    expect((await stage.inspect(innocent)).head.pages).toBe(20);
    expect(stage.worker.pool.readyChildren).toBeGreaterThanOrEqual(1);
    expect(process.memoryUsage.rss() - residentBefore).toBeLessThan(400 * 1_048_576);
  });
});
