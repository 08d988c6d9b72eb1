// npm run bench [-- NAME ...]: measures, prints a table for each benchmark and keeps its numbers in build/bench.
import { type Bench, machineLine, measurementTable, saveMeasurements } from './bench.ts';
import { pdfBench } from './pdf.bench.ts';
import { crowdBench, hostsBench } from './swarm.bench.ts';
import { trackerBench } from './tracker.bench.ts';
import { announcesBench } from './tracker-announces.bench.ts';
import { transferBench } from './transfer.bench.ts';
import { transportBench } from './transport.bench.ts';

const BENCHES: readonly Bench[] = [transferBench, hostsBench, crowdBench, transportBench, trackerBench, announcesBench, pdfBench];
const writeLine = (line: string) => void process.stdout.write(`${line}\n`);

const asked = process.argv.slice(2);
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
  const measurements = await bench.run(writeLine);
  writeLine(`\n${measurementTable(measurements)}\n`);
  writeLine(`kept in ${await saveMeasurements(bench.name, machine, measurements)}\n`);
}
process.exit();
