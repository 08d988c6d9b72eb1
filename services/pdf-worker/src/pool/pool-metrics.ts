import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { PoolObserver } from './child-pool.ts';

/** What a gauge asks of a pool when it is read. */
interface PoolGauges {
  readonly queued: number;
  readonly readyChildren: number;
}

/** Counts what a pool does as `pageswarm_worker_*`. @param pool asked for when the gauges are read */
export function createPoolMetrics(registry: Registry, pool: () => PoolGauges): PoolObserver {
  const registers = [registry];
  const jobs = new Counter({
    name: 'pageswarm_worker_jobs_total',
    help: 'PDF jobs by kind and by how they ended.',
    labelNames: ['kind', 'outcome'],
    registers,
  });
  const seconds = new Histogram({
    name: 'pageswarm_worker_job_seconds',
    help: 'Time of PDF jobs by kind, from the request to the end, waiting included.',
    labelNames: ['kind'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const restarts = new Counter({
    name: 'pageswarm_worker_child_restarts_total',
    help: 'Child processes that were replaced, by reason.',
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: 'pageswarm_worker_queue',
    help: 'PDF jobs that wait for a child process.',
    registers,
    collect() {
      this.set(pool().queued);
    },
  });
  new Gauge({
    name: 'pageswarm_worker_children',
    help: 'Child processes that are ready for PDF jobs or run one.',
    registers,
    collect() {
      this.set(pool().readyChildren);
    },
  });
  return {
    jobEnded: (kind, outcome, duration) => {
      jobs.inc({ kind, outcome });
      seconds.observe({ kind }, duration);
    },
    childReplaced: (reason) => restarts.inc({ reason }),
  };
}
