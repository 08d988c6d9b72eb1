// A tracker whose catalog changes all the time, with a copy in a file, which tells how long its event loop stood still.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { readTrackerConfig } from '@pageswarm/config';
import { createLogger } from '@pageswarm/observability';
import type { DocumentId, PeerId } from '@pageswarm/primitives';
import { startTracker } from '@pageswarm/tracker';
import { CatalogFiller, SAMPLE_HOLDING } from './catalog-filler.ts';
import type { MixedReport } from './mixed-report.ts';
import { StepWatch } from './step-watch.ts';

/** Documents that change in each step, so that the copy is never up to date. */
const CHANGES_PER_STEP = 20;
const STEP_MS = 10;

const [, , documentsText = '', snapshotFile = ''] = process.argv;
const documents = Number(documentsText);
const { http, parts } = await startTracker(
  readTrackerConfig({
    PAGESWARM_HTTP_PORT: '0',
    PAGESWARM_TRANSPORT_PORT: '0',
    PAGESWARM_SNAPSHOT_FILE: snapshotFile,
    PAGESWARM_SNAPSHOT_INTERVAL_MS: '1000',
  }),
  createLogger({ service: 'tracker', node: 'bench', level: 'silent', format: 'json' }),
);
const filler = new CatalogFiller(parts.catalog, documents);
await filler.fill();
// Made before the clock runs: a tracker is told ids and hashes nothing for a change.
const ids = Array.from({ length: documents }, (_, n) => filler.factsOf(n).id);
const hosts = ids.map((_, n) => filler.hostOf(n));
let at = 0;
setInterval(() => {
  for (let n = 0; n < CHANGES_PER_STEP; n++, at++) {
    const place = (at * 7_919) % documents;
    const have = at % 2 === 0 ? { have: 39, complete: false } : SAMPLE_HOLDING;
    parts.catalog.progress(hosts[place] as PeerId, ids[place] as DocumentId, have);
  }
}, STEP_MS);
const tell = (report: MixedReport) => process.send?.(report);
const delay = monitorEventLoopDelay({ resolution: 1 });
const watch = new StepWatch();
let cpu = process.cpuUsage();
let saved = 0;
process.on('message', (question) => {
  if (question === 'begin') {
    delay.reset();
    delay.enable();
    watch.take();
    cpu = process.cpuUsage();
    saved = parts.snapshotter.status().savedEntries;
  } else {
    const { user, system } = process.cpuUsage(cpu);
    const milliseconds = (share: number) => delay.percentile(share) / 1e6;
    const loop = { p50: milliseconds(50), p99: milliseconds(99), most: delay.max / 1e6 };
    tell({ loop, steps: watch.take(), cpuSeconds: (user + system) / 1e6, savedEntries: parts.snapshotter.status().savedEntries - saved });
  }
});
tell({ port: http.port });
await once(process, 'disconnect');
process.exit();
