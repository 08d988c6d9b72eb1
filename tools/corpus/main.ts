// npm run corpus [-- DIR]: sends every PDF of a corpus through a swarm and prints what became of each.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { findFreeBasePort } from '../local-swarm/ports.ts';
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
const dataDir = await mkdtemp(join(tmpdir(), 'pageswarm-corpus-'));
const swarm = new LocalSwarm({ peers: PEERS, basePort: await findFreeBasePort(PEERS), dataDir });
const started = performance.now();
try {
  await swarm.start();
  const died = swarm.unexpectedEnd.then((error) => {
    throw error;
  });
  const results = await Promise.race([runCorpus(swarm, files, (result) => writeLine(resultLine(result))), died]);
  const summary = summarize(results);
  writeLine(
    `\n${files.length} files in ${((performance.now() - started) / 1_000).toFixed(1)} s, no process died\n\n${summaryTable(summary)}`,
  );
  writeLine(summary.holds ? '\nAll of it held.' : '\nNOT all of it held.');
  process.exitCode = summary.holds ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
} finally {
  await swarm.stop();
  await rm(dataDir, { recursive: true, force: true });
}
process.exit();
