// npm run bench [-- NAME ... [--documents N]]: measures, prints a table for each benchmark and keeps its numbers in build/bench.
import { parseArgs } from 'node:util';
import { type Bench, machineLine, measurementTable, saveMeasurements } from './bench.ts';
import { contentBench } from './content.bench.ts';
import { crowdBench } from './crowd.bench.ts';
import { firstPageBench } from './first-page.bench.ts';
import { hostsBench } from './hosts.bench.ts';
import { memoryBench } from './memory.bench.ts';
import { pdfBench } from './pdf.bench.ts';
import { announcesBench } from './tracker-announces.bench.ts';
import { catalogBench } from './tracker-catalog.bench.ts';
import { mixedBench } from './tracker-mixed.bench.ts';
import { snapshotBench } from './tracker-snapshot.bench.ts';
import { transferBench } from './transfer.bench.ts';
import { transportBench } from './transport.bench.ts';

const BENCHES: readonly Bench[] = [
  transferBench,
  hostsBench,
  crowdBench,
  contentBench,
  memoryBench,
  transportBench,
  catalogBench,
  announcesBench,
  mixedBench,
  snapshotBench,
  firstPageBench,
  pdfBench,
];
const writeLine = (line: string) => void process.stdout.write(`${line}\n`);

const { values, positionals: asked } = parseArgs({ options: { documents: { type: 'string' } }, allowPositionals: true });
const options = values.documents === undefined ? {} : { documents: Number(values.documents) };
/** A name stands for everything that begins with it and a dash, too. */
const isMeant = (name: string, { name: bench }: Bench) => bench === name || bench.startsWith(`${name}-`);
const unknown = asked.filter((name) => !BENCHES.some((bench) => isMeant(name, bench)));
if (unknown.length > 0) {
  const list = BENCHES.map(({ name, about }) => `  ${name}  ${about}`).join('\n');
  process.stderr.write(`There is no benchmark "${unknown.join('", "')}". There are:\n${list}\n`);
  process.exit(2);
}
const machine = machineLine();
for (const bench of BENCHES.filter((bench) => asked.length === 0 || asked.some((name) => isMeant(name, bench)))) {
  writeLine(`${bench.name}: ${bench.about}\n${machine}`);
  const measurements = await bench.run(writeLine, options);
  writeLine(`\n${measurementTable(measurements)}\n`);
  writeLine(`kept in ${await saveMeasurements(bench.name, machine, measurements)}\n`);
}
process.exit();
