// A tracker that fills its catalog and saves it, or finds it saved, and tells what that cost.
import { setTimeout as sleep } from 'node:timers/promises';
import { readTrackerConfig } from '@pageswarm/config';
import { createLogger } from '@pageswarm/observability';
import { startTracker } from '@pageswarm/tracker';
import { BlockWatch } from './block-watch.ts';
import { CatalogFiller } from './catalog-filler.ts';
import type { SnapshotCost, SnapshotReport } from './snapshot-report.ts';

const DIRTY_SHARE = 0.01;
const ROUNDS = 3;
const IDLE_MS = 1_000;

const [, , task, place, count] = process.argv;
const documents = Number(count);

const silent = createLogger({ service: 'tracker', node: 'bench', level: 'silent', format: 'json' });

/** A logger that notes when the copy was read: what blocks before and after loads and starts the program. */
function loggerOfRestore() {
  const logger = createLogger({ service: 'tracker', node: 'bench', level: 'silent', format: 'json' });
  const noted = { beganAt: 0, endedAt: 0 };
  const info = (facts: unknown, text?: string) => {
    if (text !== 'snapshot restored') return;
    noted.endedAt = performance.now();
    noted.beganAt = noted.endedAt - (facts as { ms: number }).ms;
  };
  return { logger: Object.assign(logger, { info }), noted };
}

/** A tracker that takes a step when it is told to, and forgets nobody meanwhile. */
function start(logger = silent) {
  const store = place?.startsWith('redis:') ? { PAGESWARM_REDIS_URL: place } : { PAGESWARM_SNAPSHOT_FILE: place };
  const ports = { PAGESWARM_HTTP_PORT: '0', PAGESWARM_TRANSPORT_PORT: '0' };
  const waits = { PAGESWARM_SNAPSHOT_INTERVAL_MS: '3600000', PAGESWARM_LEASE_MS: '3600000' };
  return startTracker(readTrackerConfig({ ...ports, ...store, ...waits }), logger);
}

async function costOf(watch: BlockWatch, bytes: () => number, work: () => Promise<unknown>): Promise<SnapshotCost> {
  // Garbage of what came before is not this work's.
  globalThis.gc?.();
  await sleep(50);
  watch.take();
  const before = bytes();
  const cpu = process.cpuUsage();
  const started = performance.now();
  await work();
  const seconds = (performance.now() - started) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return { seconds, cpuSeconds: (user + system) / 1e6, longestBlockMs: watch.take(), bytes: bytes() - before };
}

async function save(): Promise<SnapshotReport> {
  const tracker = await start();
  const { catalog, hosts: table, snapshotter } = tracker.parts;
  const filler = new CatalogFiller(catalog, documents);
  await filler.fill();
  for (const [n, host] of catalog.holderIds().entries()) {
    const address = { host: '10.0.0.1', port: 1 + (n % 65_000) };
    table.join({ peerId: host, name: `host ${n}`, zone: undefined, address, httpAddress: undefined });
  }
  const watch = new BlockWatch();
  const bytes = () => snapshotter.status().savedBytes;
  const idle = await costOf(watch, bytes, () => sleep(IDLE_MS));
  const full = await costOf(watch, bytes, () => snapshotter.step());
  const dirty: SnapshotCost[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = round; n < documents; n += 1 / DIRTY_SHARE) {
      catalog.progress(filler.hostOf(n, 1), filler.factsOf(n).id, { have: 39 - round, complete: false });
    }
    dirty.push(await costOf(watch, bytes, () => snapshotter.step()));
  }
  watch.stop();
  const { state, detail, pending } = snapshotter.status();
  if (state !== 'ok' || pending > 0) throw new Error(`the catalog is not saved: ${detail}`);
  return { idle, full, dirty };
}

async function restore(): Promise<SnapshotReport> {
  const watch = new BlockWatch();
  const { logger, noted } = loggerOfRestore();
  let size = 0;
  const restored = await costOf(
    watch,
    () => 0,
    async () => {
      const { catalog, hosts: table } = (await start(logger)).parts;
      size = catalog.size;
      const filler = new CatalogFiller(catalog, documents);
      for (let n = 0; n < documents; n += Math.ceil(documents / 100)) {
        const { id, name } = filler.factsOf(n);
        const record = catalog.get(id);
        if (record?.name !== name || record.holderCount !== 3) throw new Error(`document ${n} did not come back`);
        if (table.get(filler.hostOf(n))?.state !== 'unconfirmed') throw new Error('a host came back as if it had been seen');
      }
    },
  );
  const longestBlockMs = watch.longestBetween(noted.beganAt, noted.endedAt);
  watch.stop();
  if (size !== documents || noted.beganAt === 0) throw new Error(`${size} of ${documents} documents came back`);
  return { restored: { ...restored, longestBlockMs } };
}

const report = await (task === 'save' ? save() : restore());
if (process.send) process.send(report);
else process.stdout.write(`${JSON.stringify(report, null, 1)}\n`);
process.exit();
