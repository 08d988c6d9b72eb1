import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { waitFor } from '../local-swarm/wait-for.ts';

/** Clients that run: whoever ends takes them along, however it ends. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** How long a client may take until it takes orders, in milliseconds. */
const START_LIMIT_MS = 20_000;

/** A client that is asked over HTTP and needs no time to end. */
export class CrowdProcess {
  private constructor(private readonly child: ChildProcess) {}

  /**
   * @param home stands for the home of its user, whose own settings are not asked
   * @param isReady says, or throws as long as it cannot, whether the client takes orders
   * @throws Error when it does not for too long; it has ended then
   */
  static async start(command: string, args: readonly string[], home: string, isReady: () => Promise<boolean>): Promise<CrowdProcess> {
    const child = spawn(command, args, { stdio: 'ignore', cwd: home, env: { ...process.env, HOME: home } });
    // A program that cannot be started is missed by whoever waits for its first answer.
    child.on('error', () => {});
    running.add(child);
    child.on('exit', () => running.delete(child));
    const client = new CrowdProcess(child);
    try {
      await waitFor(command, START_LIMIT_MS, isReady);
      return client;
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    if (this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
  }
}

/** Asks with JSON and takes JSON. @throws Error */
export async function askJson(url: string, question: object, headers: Record<string, string> = {}): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(question),
  });
  if (!answer.ok) throw new Error(`${url} answered with ${answer.status}`);
  return answer.json();
}
