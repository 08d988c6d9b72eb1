// npm start: a whole swarm on this machine.
import { launch } from './launcher.ts';
import { parseOptions, USAGE, UsageError } from './options.ts';

const writeLine = (line: string) => void process.stdout.write(`${line}\n`);
const writeError = (line: string) => void process.stderr.write(`${line}\n`);

/** The first of these signals asks for an orderly end; a second one ends the launcher at once, and with it all children. */
const stopRequest = new Promise<string>((done) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => done(signal));
});

try {
  const options = parseOptions(process.argv.slice(2));
  if (options) process.exitCode = await launch(options, { writeLine, stopRequest });
  else writeLine(USAGE);
} catch (error) {
  writeError(error instanceof Error ? error.message : String(error));
  if (error instanceof UsageError) writeError(`\n${USAGE}`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
// Open keep-alive connections would hold the process for seconds after everything is said.
process.exit();
