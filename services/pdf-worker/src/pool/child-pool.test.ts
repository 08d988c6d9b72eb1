import { afterEach, describe, expect, it } from '@jest/globals';
import { type ByteSource, MemoryByteSource, PageSwarmError } from '@pageswarm/primitives';
import { ChildPool, type ChildPoolOptions, type JobOutcome, type RestartReason } from './child-pool.ts';
import type { JobPriority } from './job-queue.ts';

const MEBIBYTE = 1_048_576;
const clock = { now: () => 0, monotonic: () => performance.now() };
const document = new MemoryByteSource(Uint8Array.from({ length: 64 }, (_, index) => index));

interface Extras {
  readonly priority?: JobPriority;
  readonly signal?: AbortSignal;
  readonly source?: ByteSource;
}

describe('the pool of child processes', () => {
  const ended: [string, JobOutcome][] = [];
  const replaced: RestartReason[] = [];
  let pool: ChildPool;

  function start(options: Partial<ChildPoolOptions> = {}): ChildPool {
    ended.length = 0;
    replaced.length = 0;
    pool = new ChildPool({
      script: new URL('./scripted-child.mjs', import.meta.url),
      size: 1,
      timeoutMs: 1_000,
      memoryBytes: 256 * MEBIBYTE,
      maxQueuedJobs: 8,
      clock,
      observer: { jobEnded: (kind, outcome) => ended.push([kind, outcome]), childReplaced: (reason) => replaced.push(reason) },
      ...options,
    });
    pool.start();
    return pool;
  }

  /** Runs an act of the scripted child. */
  function act(kind: string, params: object = {}, { priority = 'background', signal, source = document }: Extras = {}) {
    return pool.run({ kind: kind as never, params: params as never, source, blockBytes: 16, priority, signal }) as Promise<{
      value: unknown;
      output: Uint8Array;
    }>;
  }

  async function pidOf(extras?: Extras): Promise<number> {
    return ((await act('echo', {}, extras)).value as { pid: number }).pid;
  }

  afterEach(() => pool.close());

  it('runs jobs one after another in the same child', async () => {
    start();
    const first = await pidOf();
    expect(first).not.toBe(process.pid);
    expect(await pidOf()).toBe(first);
    expect(ended).toEqual([
      ['echo', 'done'],
      ['echo', 'done'],
    ]);
  });

  it('gives a child the bytes of the document that it asks for', async () => {
    start();
    const { value } = await act('read', {
      ranges: [
        [0, 4],
        [60, 4],
      ],
    });
    expect(value).toEqual([
      [0, 1, 2, 3],
      [60, 61, 62, 63],
    ]);
  });

  it('tells a child why bytes cannot be had', async () => {
    start();
    const source = { size: 64, read: () => Promise.reject(new PageSwarmError('PIECE_NOT_HERE', 'gone')) };
    await expect(act('readOnce', {}, { source })).rejects.toMatchObject({ code: 'PIECE_NOT_HERE', message: 'gone' });
    expect(replaced).toEqual([]);
  });

  it('collects the output of a job in order', async () => {
    start();
    const { output } = await act('output', { chunks: 3, bytes: 100_000 });
    expect(output.length).toBe(300_000);
    expect([output[0], output[100_000], output[299_999]]).toEqual([0, 1, 2]);
  });

  it('hides the environment from children and bounds their heap', async () => {
    process.env['PAGESWARM_ADMIN_TOKEN'] = 'a secret that no PDF may learn';
    start();
    const { names, execArgv } = (await act('environment')).value as { names: string[]; execArgv: string[] };
    delete process.env['PAGESWARM_ADMIN_TOKEN'];
    expect(names.filter((name) => name.startsWith('PAGESWARM'))).toEqual([]);
    expect(execArgv).toEqual(['--max-old-space-size=192']);
  });

  it('kills a child that hangs, ends that job with PDF_TIMEOUT, and goes on', async () => {
    start({ timeoutMs: 300 });
    const before = await pidOf();
    await expect(act('hang')).rejects.toMatchObject({ code: 'PDF_TIMEOUT' });
    expect(await pidOf()).not.toBe(before);
    expect(replaced).toEqual(['failure']);
  });

  it('lets a job run past the time limit while it shows progress', async () => {
    start({ timeoutMs: 300 });
    expect((await act('steps', { count: 10, ms: 60 })).value).toBe(10);
  });

  it('does not count time in which the child waits for bytes', async () => {
    start({ timeoutMs: 300 });
    const slow = { size: 64, read: () => new Promise<Uint8Array>((resolve) => setTimeout(() => resolve(new Uint8Array(4)), 800)) };
    expect((await act('readOnce', {}, { source: slow })).value).toBe(4);
  });

  it('kills a child that eats memory outside its heap: PDF_MEMORY', async () => {
    start({ timeoutMs: 20_000 });
    await expect(act('eat')).rejects.toMatchObject({ code: 'PDF_MEMORY' });
    expect(await pidOf()).toBeGreaterThan(0);
  }, 20_000);

  it('tells a full heap from other ways to die: PDF_MEMORY', async () => {
    start({ timeoutMs: 20_000, memoryBytes: 192 * MEBIBYTE });
    await expect(act('heap')).rejects.toMatchObject({ code: 'PDF_MEMORY' });
  }, 20_000);

  it.each(['abort', 'exit'])('answers PDF_CRASH when the child ends by %s', async (way) => {
    start();
    await expect(act(way)).rejects.toMatchObject({ code: 'PDF_CRASH' });
    expect(await pidOf()).toBeGreaterThan(0);
    expect(ended[0]).toEqual([way, 'crash']);
  });

  it.each(['garbage', 'outside'])('kills a child that breaks the rules of the pipe: %s', async (way) => {
    start();
    await expect(act(way)).rejects.toMatchObject({ code: 'PDF_CRASH' });
    expect(await pidOf()).toBeGreaterThan(0);
  });

  it('kills a child whose output passes the limit', async () => {
    start({ maxOutputBytes: 1_000_000 });
    await expect(act('output', { chunks: 20, bytes: 100_000 })).rejects.toMatchObject({ code: 'PDF_MEMORY' });
  });

  it('passes on how a job failed and keeps the child, unless the child says that it is spent', async () => {
    start();
    const pid = await pidOf();
    await expect(act('fail', { code: 'PDF_PASSWORD', spent: false })).rejects.toMatchObject({ code: 'PDF_PASSWORD', message: 'as told' });
    expect(await pidOf()).toBe(pid);
    await expect(act('fail', { code: 'PDF_CRASH', spent: true })).rejects.toMatchObject({ code: 'PDF_CRASH' });
    expect(await pidOf()).not.toBe(pid);
  });

  it.each([
    ['hang', 'PDF_TIMEOUT'],
    ['abort', 'PDF_CRASH'],
    ['fail', 'PDF_UNREADABLE'],
  ])('takes what a job handed over for its answer when the rest of it ends by %s', async (next, code) => {
    start({ timeoutMs: 300 });
    const params = { code, spent: true };
    const { value, output } = await act('keepThen', { next, params });
    expect([value, Buffer.from(output).toString()]).toEqual(['kept', 'so far']);
    expect(ended).toEqual([['keepThen', 'done']]);
    await expect(act(next, params)).rejects.toMatchObject({ code });
    expect(replaced.length).toBeGreaterThanOrEqual(1);
  });

  it('takes the answer at the end, with all of the output, where nothing goes wrong after that', async () => {
    start();
    const { value, output } = await act('keepThen', { next: 'echo' });
    expect([value, Buffer.from(output).toString()]).toMatchObject([{ pid: expect.any(Number) }, 'so far, and more']);
    expect(replaced).toEqual([]);
  });

  it('answers nobody who took the job back, though it handed something over', async () => {
    start({ timeoutMs: 60_000 });
    await pidOf();
    const withdrawal = new AbortController();
    const running = act('keepThen', { next: 'hang' }, { signal: withdrawal.signal });
    setTimeout(() => withdrawal.abort(), 200);
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('replaces a child after so many jobs', async () => {
    start({ maxJobsPerChild: 2 });
    const pids = [await pidOf(), await pidOf(), await pidOf()];
    expect(pids[0]).toBe(pids[1]);
    expect(pids[2]).not.toBe(pids[1]);
    expect(replaced).toEqual(['jobs']);
  });

  it('replaces a child that kept too much memory', async () => {
    start();
    const { pid } = (await act('keep', { bytes: 128 * MEBIBYTE })).value as { pid: number };
    expect(await pidOf()).not.toBe(pid);
    expect(replaced).toEqual(['memory']);
  });

  it('refuses more jobs than may wait: WORKER_BUSY', async () => {
    start({ maxQueuedJobs: 1, timeoutMs: 400 });
    await pidOf();
    const running = act('hang');
    const waiting = act('echo');
    await expect(act('echo')).rejects.toMatchObject({ code: 'WORKER_BUSY' });
    expect(() => pool.demandRoom(1)).toThrow(expect.objectContaining({ code: 'WORKER_BUSY' }));
    expect(() => pool.demandRoom(0)).not.toThrow();
    await expect(running).rejects.toMatchObject({ code: 'PDF_TIMEOUT' });
    expect(await waiting).toBeDefined();
  });

  it('takes a waiting job back out of the queue', async () => {
    start({ timeoutMs: 400 });
    await pidOf();
    const running = act('hang');
    const withdrawal = new AbortController();
    const waiting = act('echo', {}, { signal: withdrawal.signal });
    expect(pool.queued).toBe(1);
    withdrawal.abort();
    expect(pool.queued).toBe(0);
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' });
    await expect(running).rejects.toMatchObject({ code: 'PDF_TIMEOUT' });
  });

  it('kills the child of a running job that is taken back', async () => {
    start({ timeoutMs: 60_000 });
    const withdrawal = new AbortController();
    await pidOf();
    const running = act('hang', {}, { signal: withdrawal.signal });
    setTimeout(() => withdrawal.abort(), 100);
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await pidOf()).toBeGreaterThan(0);
    expect(replaced).toEqual(['cancelled']);
  });

  it('does not begin a job that was taken back before', async () => {
    start();
    await expect(act('echo', {}, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('starts one more child for a person who waits while all work in the background, and for nobody else', async () => {
    start({ timeoutMs: 2_000 });
    const busy = await pidOf();
    const running = act('hang');
    const background = act('echo');
    const extra = await pidOf({ priority: 'interactive' });
    expect(extra).not.toBe(busy);
    expect(await pidOf({ priority: 'interactive' })).toBe(extra);
    expect(pool.queued).toBe(1);
    await expect(running).rejects.toMatchObject({ code: 'PDF_TIMEOUT' });
    expect(((await background).value as { pid: number }).pid).not.toBe(extra);
  }, 15_000);

  it('lets an extra child go once it has idled for its time', async () => {
    start({ timeoutMs: 60_000, extraIdleMs: 300 });
    await pidOf();
    const running = act('hang');
    running.catch(() => undefined);
    const extra = await pidOf({ priority: 'interactive' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([pool.readyChildren, await pidOf({ priority: 'interactive' })]).toEqual([2, extra]);
    await gone(extra);
    expect(pool.readyChildren).toBe(1);
    pool.close();
    await expect(running).rejects.toMatchObject({ code: 'GOING_AWAY' });
  });

  it('gives up a child that does not become ready in its time, and tries again', async () => {
    start({ script: new URL('./mute-child.mjs', import.meta.url), startTimeoutMs: 200 });
    const waiting = act('echo');
    waiting.catch(() => undefined);
    for (let tries = 0; tries < 100 && replaced.length < 2; tries++) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(replaced).toEqual(['died', 'died']);
    expect([pool.readyChildren, pool.queued]).toEqual([0, 1]);
  }, 10_000);

  it('ends everything when it is closed', async () => {
    start({ timeoutMs: 60_000 });
    const pid = await pidOf();
    const running = act('hang');
    const waiting = act('echo');
    pool.close();
    const goingAway = { status: 'rejected', reason: { code: 'GOING_AWAY' } };
    expect(await Promise.allSettled([running, waiting, act('echo')])).toMatchObject([goingAway, goingAway, goingAway]);
    await gone(pid);
  });

  it('tries again slowly when children cannot start, and says why', async () => {
    const complaints: string[] = [];
    start({
      script: new URL('./there-is-no-such-script.mjs', import.meta.url),
      observer: {
        jobEnded: () => undefined,
        childReplaced: (reason) => replaced.push(reason),
        childComplained: (text) => complaints.push(text),
      },
    });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(replaced).toEqual(['died']);
    expect(complaints[0]).toContain('there-is-no-such-script');
    expect(pool.readyChildren).toBe(0);
  });
});

/** Waits until a process is no more. */
async function gone(pid: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Process ${pid} is still there`);
}
