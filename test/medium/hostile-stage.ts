import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodePageMap } from '@pageswarm/page-map';
import { isPageSwarmError } from '@pageswarm/primitives';
import { HOSTILE_PDFS, manyPages } from './hostile-pdfs.ts';
import { type DocumentRequest, WorkerStage } from './pdf-worker-stage.ts';
import { childrenOf, privateBytes } from './worker-process.ts';

const DOCUMENT_CODES = ['PDF_UNREADABLE', 'PDF_TIMEOUT', 'PDF_MEMORY', 'PDF_CRASH', 'PAGE_NOT_FOUND', 'INVALID_PAGES'];
/** The time limit of a job here; every hostile file must be over within a few of them. */
const JOB_TIMEOUT_MS = 1_000;
const WITHIN_MS = 15_000;
const MEMORY_BYTES = 512 * 1_048_576;
/** Code that ran for the first time stays in memory, and so do for a while pieces of the last documents that were read. */
const MOST_KEPT_BYTES = 64 * 1_048_576;
/** A child that holds more than this share of what a job may have is replaced after the job. */
const RECYCLE_MEMORY_SHARE = 0.5;

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

const hasProc = existsSync('/proc/self/smaps_rollup');

/** Describes how a pdf-worker bears hostile PDFs, one after another, and what it holds afterwards. */
export function describeHostilePdfs(isGiven: (name: string) => boolean): void {
  describe('a pdf-worker that is given hostile PDFs', () => {
    const stage = new WorkerStage();
    let innocent: DocumentRequest;
    let pid: number;
    let before: number;

    beforeAll(async () => {
      pid = await stage.startApart({ PAGESWARM_JOB_TIMEOUT_MS: String(JOB_TIMEOUT_MS), PAGESWARM_JOB_MEMORY_BYTES: String(MEMORY_BYTES) });
      innocent = stage.peer.add(manyPages(20));
      await stage.inspect(innocent);
      before = privateBytes(pid);
    }, 30_000);
    afterAll(() => stage.close());

    it.each(Object.entries(HOSTILE_PDFS).filter(([name]) => isGiven(name)))(
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
        const codes = await Promise.all([codeOf(stage.render(document, 1)), codeOf(stage.extract(document, '1'))]);
        expect(performance.now() - asked).toBeLessThan(WITHIN_MS);
        for (const code of codes) if (code !== undefined) expect(DOCUMENT_CODES).toContain(code);
      },
      60_000,
    );

    it('still does its work', async () => {
      expect((await stage.inspect(innocent)).head).toMatchObject({ pages: 20, mapped: true, error: null });
      expect((await stage.render(innocent, 1)).body.length).toBeGreaterThan(0);
    });

    (hasProc ? it : it.skip)(`holds what it held before, and so does each child${hasProc ? '' : ' (skipped: no /proc)'}`, () => {
      expect(privateBytes(pid) - before).toBeLessThan(MOST_KEPT_BYTES);
      const children = childrenOf(pid).map(privateBytes);
      expect(children.length).toBeGreaterThan(0);
      expect(Math.max(...children)).toBeLessThan(MEMORY_BYTES * RECYCLE_MEMORY_SHARE);
    });
  });
}
