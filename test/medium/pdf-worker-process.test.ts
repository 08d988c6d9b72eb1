import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { WORKER_PATTERNS } from '@pageswarm/contracts';
import { type Endpoint, peerId } from '@pageswarm/primitives';
import { SwarmClient } from '@pageswarm/transport';
import { manyPages, textBomb } from './hostile-pdfs.ts';
import { builtJobScript, FakePeer } from './pdf-worker-stage.ts';
import { childrenOf, startWorkerProcess } from './worker-process.ts';

const hasProc = existsSync('/proc/self/task');
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

/** True while a process is there and has not ended: an orphan that nobody collects stays as a zombie. */
function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function eventually(holds: () => boolean | Promise<boolean>, withinMs = 5_000): Promise<void> {
  for (const end = performance.now() + withinMs; performance.now() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`It did not come true within ${withinMs} ms`);
}

const get = (http: Endpoint, path: string) => fetch(`http://${http.host}:${http.port}${path}`);
const isReady = async (http: Endpoint) => (await get(http, '/readyz')).status === 200;
/** How often the guard in a child looks after its parent, in milliseconds. */
const GUARD_INTERVAL_MS = 500;
const identity = { peerId: peerId('cd'.repeat(20)), role: 'peer' } as const;

describe('the process of the pdf-worker', () => {
  const started: ChildProcess[] = [];
  const start = (environment?: Record<string, string>) => {
    const running = startWorkerProcess(environment);
    started.push(running.process);
    return running;
  };

  beforeAll(() => void builtJobScript());
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  it('becomes ready, answers health, metrics and OpenAPI, and ends cleanly on SIGTERM', async () => {
    const worker = start();
    const { http } = await worker.ready;
    expect((await get(http, '/healthz')).status).toBe(200);
    await eventually(() => isReady(http));
    const metrics = await (await get(http, '/metrics')).text();
    expect(metrics).toMatch(/^pageswarm_worker_children\{service="pdf-worker"\} [12]$/m);
    expect(metrics).toMatch(/^pageswarm_worker_queue\{service="pdf-worker"\} 0$/m);
    expect((await (await get(http, '/openapi.json')).json()) as object).toMatchObject({ info: { title: 'PageSwarm pdf-worker' } });
    worker.process.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  }, 20_000);

  (hasPromtool ? it : it.skip)(
    `serves metrics that promtool accepts${hasPromtool ? '' : ' (skipped: promtool is not installed)'}`,
    async () => {
      const worker = start();
      const { http, transport } = await worker.ready;
      const peer = new FakePeer();
      await peer.start();
      const client = new SwarmClient({ endpoint: transport, identity });
      const { body } = await client.bytes(WORKER_PATTERNS.inspect, peer.add(manyPages(3)));
      for await (const chunk of body) expect(chunk.length).toBeGreaterThan(0);
      const metrics = await (await get(http, '/metrics')).text();
      expect(metrics).toMatch(/^pageswarm_worker_jobs_total\{.*kind="text".*outcome="done".*\} 1$/m);
      expect(metrics).toMatch(/^pageswarm_worker_job_seconds_count\{.*kind="map".*\} 1$/m);
      const { stdout, stderr, status } = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8' });
      expect(`${stdout}${stderr}`).toBe('');
      expect(status).toBe(0);
      await client.close();
      await peer.close();
    },
    20_000,
  );

  (hasProc ? it : it.skip)(
    `leaves no child behind when it is killed, not even a busy one${hasProc ? '' : ' (skipped: no /proc)'}`,
    async () => {
      const worker = start({ PAGESWARM_JOB_TIMEOUT_MS: '600000', PAGESWARM_JOB_MEMORY_BYTES: String(2 ** 32) });
      const { http, transport } = await worker.ready;
      await eventually(() => isReady(http));
      const peer = new FakePeer();
      await peer.start();
      const client = new SwarmClient({ endpoint: transport, identity });
      const busy = peer.add(textBomb(10));
      const asked = client.bytes(WORKER_PATTERNS.inspect, busy);
      asked.catch(() => undefined);
      await eventually(() => peer.requests.length > 0);
      await new Promise((resolve) => setTimeout(resolve, 500));
      const children = childrenOf(worker.process.pid as number);
      expect(children.length).toBeGreaterThanOrEqual(2);
      expect(children.every(lives)).toBe(true);
      worker.process.kill('SIGKILL');
      await expect(asked).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
      await eventually(() => !children.some(lives), 4 * GUARD_INTERVAL_MS);
      await client.close();
      await peer.close();
    },
    30_000,
  );
});
