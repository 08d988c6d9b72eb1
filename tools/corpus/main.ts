// npm run corpus [-- DIR]: sends every PDF of a folder through a swarm and prints what became of each.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { formatBytes } from '../local-swarm/table.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import { resultLine, summaryTable } from './corpus-report.ts';
import { runCorpus } from './corpus-run.ts';
import { summarize } from './corpus-summary.ts';
import { popplerPages, readFolder } from './folder.ts';
import { type CorpusFile, findCorpus, hasManifest, readManifest } from './manifest.ts';
import { PageLooks } from './page-looks.ts';
import { ViewCheckers } from './view-checkers.ts';
import { WorkerMemory } from './worker-memory.ts';

const PEERS = 3;
const WORKER = 'pdf-worker';
const writeLine = (line: string) => void process.stdout.write(`${line}\n`);

const asked = process.argv[2];
const folder = asked ? resolve(asked) : findCorpus();
if (!folder || !existsSync(folder)) {
  process.stderr.write('No corpus: name a folder of PDFs as an argument, or one that holds a MANIFEST.tsv in PAGESWARM_CORPUS\n');
  process.exit(2);
}
const files = hasManifest(folder) ? readManifest(folder) : await listed(folder);
const judges = { looks: new PageLooks(), checkers: await ViewCheckers.find() };
writeLine(
  `page views are compared in PDFium and opened with ${judges.checkers.names.join(' and ') || 'nothing else: neither qpdf nor pdftotext is installed'}`,
);
const started = performance.now();
try {
  let memory: WorkerMemory | undefined;
  const results = await withTemporarySwarm(PEERS, async (swarm) => {
    const { pid } = swarm.process(WORKER);
    memory = pid === undefined ? undefined : new WorkerMemory(pid);
    return runCorpus(swarm, files, (result) => writeLine(resultLine(result)), judges).finally(() => memory?.stop());
  });
  const summary = summarize(results);
  writeLine(
    `\n${files.length} files in ${((performance.now() - started) / 1_000).toFixed(1)} s, no process died\n\n${summaryTable(summary)}`,
  );
  writeLine(`\npeak memory: pdf-worker ${bytesText(memory?.service)}, its largest child process ${bytesText(memory?.largestChild)}`);
  writeLine(summary.faults.length === 0 ? '\nAll of it held.' : `\nNOT all of it held: ${summary.faults.join('; ')}.`);
  process.exitCode = summary.faults.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
judges.looks.close();
await judges.checkers.close();
process.exit();

/** A folder without a table: its files are hashed here, and poppler is asked for their pages. */
async function listed(folder: string): Promise<CorpusFile[]> {
  const count = await popplerPages();
  if (!count) writeLine('pdfinfo (poppler-utils) is not installed: page counts are not compared');
  const found = await readFolder(folder, count);
  if (found.length > 0) return found;
  process.stderr.write(`${folder} holds no PDF\n`);
  process.exit(2);
}

function bytesText(bytes: number | undefined): string {
  return bytes === undefined ? 'unknown' : formatBytes(bytes);
}
