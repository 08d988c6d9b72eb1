// A redis-server of its own for a test: free port, temporary folder, gone when the test is.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '@pageswarm/testing';

/** Why the tests that need Redis cannot run here; undefined when they can. */
export const REDIS_MISSING = spawnSync('redis-server', ['--version']).error ? 'redis-server is not installed' : undefined;

export class RedisProcess {
  private child: ChildProcess | undefined;

  private constructor(
    private readonly dir: string,
    readonly port: number,
  ) {}

  static async start(): Promise<RedisProcess> {
    const [port = 0] = await freePorts(1);
    const redis = new RedisProcess(await mkdtemp(join(tmpdir(), 'pageswarm-redis-')), port);
    await redis.run();
    return redis;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts again on the same port; without `--appendonly` it comes back empty. */
  async run(): Promise<void> {
    const options = ['--port', String(this.port), '--dir', this.dir, '--save', '', '--appendonly', 'no', '--bind', '127.0.0.1'];
    this.child = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'ignore'] });
    let output = '';
    this.child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    for (let waited = 0; !output.includes('Ready to accept connections'); waited += 20) {
      if (waited > 10_000) throw new Error(`redis-server did not start: ${output}`);
      await sleep(20);
    }
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  /** Stops answering without closing anything. */
  freeze(): void {
    this.child?.kill('SIGSTOP');
  }

  thaw(): void {
    this.child?.kill('SIGCONT');
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.dir, { recursive: true, force: true });
  }
}
