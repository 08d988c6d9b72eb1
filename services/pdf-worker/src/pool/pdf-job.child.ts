// The process that PDF libraries run in. It has no network and no secrets: it takes a job, asks its parent for bytes of the
// document, and answers. Any of it may hang, crash or eat memory; the parent and the guard thread see to the rest.
import { Worker } from 'node:worker_threads';
import { runExtractJob } from '../extract/extract.job.ts';
import { runJoinJob } from '../extract/join.job.ts';
import { runMapJob } from '../inspect/map.job.ts';
import { runTextJob } from '../inspect/text.job.ts';
import { loadPdfium } from '../pdfium/pdfium-library.ts';
import { runRenderJob } from '../render/render.job.ts';
import { describeJobFailure } from './describe-job-failure.ts';
import type { JobRunner } from './job-runner.ts';
import { MAX_CHILD_READ_BYTES } from './limits.ts';
import { ParentPipe } from './parent-pipe.ts';
import type { ChildOptions, JobOrder } from './pdf-job.ts';
import { PIPE_DESCRIPTOR } from './pipe-frames.ts';
import { PipedDocument } from './piped-document.ts';
import { RecentBlocks } from './recent-blocks.ts';

const JOBS: Readonly<Record<string, JobRunner>> = {
  map: runMapJob,
  text: runTextJob,
  extract: runExtractJob,
  join: runJoinJob,
  render: runRenderJob,
};

const options = JSON.parse(process.argv[2] ?? '{}') as ChildOptions;
const recent = new RecentBlocks();
const pipe = new ParentPipe(PIPE_DESCRIPTOR);

const guard = new Worker(new URL('./pdf-job-guard.child.js', import.meta.url), {
  workerData: options,
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2, stackSizeMb: 1 },
});
guard.unref();

process.once('disconnect', () => process.exit(0));
process.on('message', (order: JobOrder) => void runJob(order));
// Before the first job, so that it does not pay for it.
await loadPdfium(options.memoryBytes);
pipe.ready();

async function runJob({ kind, params, size, document: name, blockBytes: wantedBytes }: JobOrder): Promise<void> {
  const blockBytes = Math.min(wantedBytes, MAX_CHILD_READ_BYTES);
  const document = new PipedDocument(pipe, size, blockBytes, () => pipe.progress(), recent.of(name, blockBytes));
  try {
    const run = JOBS[kind];
    if (!run) throw new Error(`There is no job of kind ${kind}`);
    const { value, output } = await run(params as never, {
      document,
      memoryBytes: options.memoryBytes,
      progress: () => pipe.progress(),
      keep: (answer) => {
        document.demandAllReadsServed();
        if (answer.output) pipe.output(answer.output);
        pipe.kept(answer.value);
      },
    });
    document.demandAllReadsServed();
    if (output) pipe.output(output);
    pipe.done(value);
  } catch (error) {
    pipe.failed(describeJobFailure(error, document));
  }
}
