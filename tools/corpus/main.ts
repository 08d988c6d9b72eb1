// npm run corpus [-- DIR]: sends every PDF of a corpus through a swarm and prints what became of each.
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import { resultLine, summarize, summaryTable } from './corpus-report.ts';
import { runCorpus } from './corpus-run.ts';
import { findCorpus, readManifest } from './manifest.ts';

const PEERS = 3;
const writeLine = (line: string) => void process.stdout.write(`${line}\n`);

const folder = findCorpus(process.argv[2]);
if (!folder) {
  process.stderr.write('No corpus: name a folder that holds a MANIFEST.tsv, as an argument or in PAGESWARM_CORPUS\n');
  process.exit(2);
}
const files = readManifest(folder);
const started = performance.now();
try {
  const results = await withTemporarySwarm(PEERS, (swarm) => runCorpus(swarm, files, (result) => writeLine(resultLine(result))));
  const summary = summarize(results);
  writeLine(
    `\n${files.length} files in ${((performance.now() - started) / 1_000).toFixed(1)} s, no process died\n\n${summaryTable(summary)}`,
  );
  writeLine(summary.holds ? '\nAll of it held.' : '\nNOT all of it held.');
  process.exitCode = summary.holds ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
process.exit();
