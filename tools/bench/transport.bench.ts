import { fork } from 'node:child_process';
import { on } from 'node:events';
import type { Bench, Measurement } from './bench.ts';
import type { BenchReport } from './transport-sides.ts';

/** The swarm transport beside a bare socket and Nest's TCP transport, then among strangers; all ends in processes of their own. */
export const transportBench: Bench = {
  name: 'transport',
  about: 'the swarm transport beside a bare node:net socket and Nest TCP, over loopback',
  run,
};

async function run(tell: (line: string) => void): Promise<Measurement[]> {
  return [...(await runChild('./transport-asker.child.js', tell)), ...(await runChild('./transport-bystander.child.js', tell))];
}

async function runChild(path: string, tell: (line: string) => void): Promise<Measurement[]> {
  // Nest's decorators run while its bundle is loaded and want this to be there before.
  const execArgv = ['--import', import.meta.resolve('reflect-metadata'), '--expose-gc'];
  const asker = fork(new URL(path, import.meta.url), { execArgv });
  const ended = new AbortController();
  asker.once('exit', () => ended.abort());
  try {
    for await (const [report] of on(asker, 'message', { signal: ended.signal })) {
      const { line, measurements } = report as BenchReport;
      if (measurements) return measurements;
      if (line) tell(line);
    }
    return [];
  } finally {
    asker.kill();
  }
}
