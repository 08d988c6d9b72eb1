import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';

const ROOT = join(import.meta.dirname, '../..');
const run = promisify(execFile);

/** Why no containers can be started here; undefined when they can. */
export function whyNoCompose(): string | undefined {
  if (!answers('docker', 'info')) return 'no Docker engine answers';
  if (!answers('docker', 'compose', 'version')) return 'docker compose is not installed';
  return undefined;
}

function answers(command: string, ...args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore', timeout: 15_000 }).status === 0;
}

const BUILT = ['tracker', 'pdf-worker', 'peer'];

/** The project's compose file under a name and image tags of its own, with every published port chosen by the system. */
export class ComposeProject {
  readonly name = `pageswarm-test-${randomBytes(4).toString('hex')}`;

  /** @throws Error with what docker compose printed */
  async run(...args: string[]): Promise<string> {
    const env = { ...process.env, TRACKER_PORT: '0', PROMETHEUS_PORT: '0', IMAGE_TAG: this.name };
    const command = ['compose', '--project-name', this.name, ...args];
    try {
      return (await run('docker', command, { cwd: ROOT, env, maxBuffer: 2 ** 26 })).stdout;
    } catch (error) {
      const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
      throw new Error(`docker ${command.join(' ')} failed:\n${stdout.slice(-3_000)}\n${stderr.slice(-3_000)}`);
    }
  }

  /** Base URL of a published port of one replica, counted from 1. */
  async url(service: string, port: number, index = 1): Promise<string> {
    const address = await this.run('port', '--index', String(index), service, String(port));
    return `http://${address.trim()}`;
  }

  /** Removes containers, networks, volumes and image tags; the layers stay in the build cache for the next time. */
  async remove(): Promise<void> {
    await this.run('down', '--volumes', '--remove-orphans', '--timeout', '5');
    await run('docker', ['image', 'rm', ...BUILT.map((service) => `pageswarm-${service}:${this.name}`)]);
  }
}
