// npm start: a whole swarm on this machine.
import { launch } from './launcher.ts';
import { parseOptions, USAGE, UsageError } from './options.ts';

const writeLine = (line: string) => void process.stdout.write(`${line}\n`);
const writeError = (line: string) => void process.stderr.write(`${line}\n`);

/** A terminal gives Ctrl-C to us and to npm, which passes it on: what follows this soon is the same wish once more. */
const SAME_WISH_MS = 1_000;

/**
 * The first of these signals asks for an orderly end; a later one ends the launcher at once, and with it all children.
 * SIGHUP is what a terminal sends when its window is closed.
 */
const stopRequest = new Promise<string>((done) => {
  let askedAt: number | undefined;
  const ask = (signal: string): void => {
    if (askedAt !== undefined && performance.now() - askedAt > SAME_WISH_MS) process.exit(1);
    askedAt ??= performance.now();
    done(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, ask);
});
// Nobody may be there to read the last lines: a closed terminal or pipe ends the output, not the orderly end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

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
