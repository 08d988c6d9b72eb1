import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError } from '@pageswarm/primitives';
import { STAGES, STATE_OF_STAGE, type Stage, StagedDownload } from './staged-download.fixture.ts';

const ENDED: readonly Stage[] = ['done', 'failed'];
/** The last step of a download cannot be interrupted; it ends and the download with it. */
const CANNOT_STOP: Stage = 'finishing';
const STOPPED: readonly Stage[] = ['waiting', 'failed'];
/** Of these nothing is on the disk yet. */
const WITHOUT_FILE: readonly Stage[] = ['queued', 'searching', 'failed'];
const WITHOUT_PIECES: readonly Stage[] = [...WITHOUT_FILE, 'opening', 'probing', 'waiting'];

async function codeOf(action: Promise<unknown>): Promise<string> {
  return action.then(
    () => 'ok',
    (error) => (isPageSwarmError(error) ? error.code : String(error)),
  );
}

async function at<T>(stage: Stage, use: (stand: Awaited<ReturnType<typeof StagedDownload.at>>) => Promise<T>): Promise<T> {
  const stand = await StagedDownload.at(stage);
  try {
    expect(stand.job.state).toBe(STATE_OF_STAGE[stage]);
    return await use(stand);
  } finally {
    stand.staged.stop();
  }
}

describe.each(STAGES)('a download that is %s', (stage) => {
  it('is paused, stays so whatever happens, and goes on to its end when it is resumed', () =>
    at(stage, async ({ staged, job, downloads }) => {
      expect(await codeOf(downloads.pause(job))).toBe(ENDED.includes(stage) ? 'WRONG_STATE' : 'ok');
      if (ENDED.includes(stage)) return;
      const state = stage === CANNOT_STOP ? 'verifying' : 'paused';
      expect([job.state, job.order.halted, job.waitsForStore]).toEqual([state, true, false]);
      expect(await codeOf(downloads.pause(job))).toBe('ok');
      staged.release();
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (stage === CANNOT_STOP) {
        expect(job.state).toBe('done');
        return;
      }
      expect(job.state).toBe('paused');
      expect(await codeOf(downloads.resume(job))).toBe('ok');
      // Without a slot it waits for one, as before.
      await staged.until(() => job.state === (stage === 'queued' ? 'queued' : 'done'));
      expect([job.state, job.status.error]).toEqual([stage === 'queued' ? 'queued' : 'done', undefined]);
    }));

  it('is resumed where it had stopped, and nowhere else', () =>
    at(stage, async ({ staged, job, downloads }) => {
      staged.release();
      expect(await codeOf(downloads.resume(job))).toBe(STOPPED.includes(stage) ? 'ok' : 'WRONG_STATE');
      await staged.until(() => job.state === (stage === 'queued' ? 'queued' : 'done'));
      expect(job.state).toBe(stage === 'queued' ? 'queued' : 'done');
    }));

  it('is cancelled, and leaves nothing unless it is done', () =>
    at(stage, async ({ staged, job, downloads }) => {
      const cancelled = codeOf(downloads.cancel(job));
      await new Promise((resolve) => setTimeout(resolve, 5));
      staged.release();
      expect(await cancelled).toBe('ok');
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(downloads.list()).toEqual([]);
      expect(staged.library.list().map(({ complete }) => complete)).toEqual(stage === 'done' ? [true] : []);
    }));

  it('is cancelled with its pieces kept, with which another order goes on', () =>
    at(stage, async ({ staged, job, downloads }) => {
      const had = job.document?.have.count ?? 0;
      if (!WITHOUT_PIECES.includes(stage)) expect(had).toBeGreaterThan(0);
      expect(await codeOf(downloads.cancel(job, { keepPieces: true }))).toBe('ok');
      staged.release();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(downloads.list()).toEqual([]);
      expect(staged.library.list().length).toBe(WITHOUT_FILE.includes(stage) ? 0 : 1);
      expect(staged.library.list()[0]?.have.count ?? 0).toBeGreaterThanOrEqual(had);
      if (stage === 'done' || stage === CANNOT_STOP) return;
      const again = await downloads.order({ id: job.order.document.id });
      await staged.until(() => again.state === (stage === 'queued' ? 'queued' : 'done'));
      expect(again.state).toBe(stage === 'queued' ? 'queued' : 'done');
    }));
});
