// A thread of its own inside a child process: it still runs when a PDF has the main thread in an endless loop.
import { workerData } from 'node:worker_threads';
import { MEMORY_SIGNAL } from './job-problem.ts';
import { GUARD_INTERVAL_MS } from './limits.ts';
import type { ChildOptions } from './pdf-job.ts';

const { parentPid, memoryBytes } = workerData as ChildOptions;

setInterval(() => {
  // A parent that was killed cannot end its children, and a busy child does not see the channel close.
  if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
  // The parent looks at this too, more often, but only where there is /proc.
  if (process.memoryUsage.rss() > memoryBytes) process.kill(process.pid, MEMORY_SIGNAL);
}, GUARD_INTERVAL_MS);
