import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Endpoint } from '@pageswarm/primitives';

export interface WorkerProcess {
  readonly process: ChildProcess;
  /** Rejects if the process ends before it is ready. */
  readonly ready: Promise<{ readonly http: Endpoint; readonly transport: Endpoint }>;
  readonly ended: Promise<number | null>;
}

/** The pdf-worker as it is run: the bundle, in a process of its own. */
export function startWorkerProcess(environment: Record<string, string> = {}): WorkerProcess {
  const script = join(process.env['TEST_BUILD_DIR'] ?? 'build/services', 'pdf-worker.js');
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env['PATH'], PAGESWARM_HTTP_PORT: '0', PAGESWARM_TRANSPORT_PORT: '0', ...environment },
  });
  const ready: WorkerProcess['ready'] = new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Awaited<WorkerProcess['ready']>));
    child.once('exit', (code) => reject(new Error(`The pdf-worker ended with ${code} before it was ready`)));
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { process: child, ready, ended };
}

export function childrenOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}

/** Resident bytes of a process and its children that no other process shares with them; the parts that they share count once. */
export function familyBytes(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, each) => sum + privateBytes(each), 0);
}

/** The same of a single process; 0 when it is gone. */
export function privateBytes(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1');
    return 1_024 * Number(/^Pss:\s+(\d+) kB/m.exec(rollup)?.[1] ?? 0);
  } catch {
    return 0;
  }
}
