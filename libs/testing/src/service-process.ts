import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NODE_FLAGS } from '@pageswarm/config';
import type { Endpoint } from '@pageswarm/primitives';

/** Time that a service may take until it says that it is ready, in milliseconds. */
const START_LIMIT_MS = 30_000;
/** Time that a service may take to end after SIGTERM before it is killed, in milliseconds. */
const STOP_LIMIT_MS = 10_000;
const BUILD_FOLDER = join(import.meta.dirname, '../../../build/services');

export type ServiceName = 'tracker' | 'pdf-worker' | 'peer-node';

/** A built service as a process of its own. It may be killed and started again with the same ports and the same data folder. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  private exit: Promise<string> | undefined;

  constructor(
    readonly name: string,
    private readonly service: ServiceName,
    readonly http: Endpoint,
    readonly transport: Endpoint,
    readonly dataDir: string,
    private readonly logFile: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** For example `http://127.0.0.1:7184`. */
  get base(): string {
    return `http://${this.http.host}:${this.http.port}`;
  }

  get alive(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** @throws Error with the end of the log when the service does not come up, or was not built */
  async start(): Promise<void> {
    const file = join(BUILD_FOLDER, `${this.service}.js`);
    if (!existsSync(file)) throw new Error(`${file} is missing: run "npm run build" first ("npm test" does)`);
    const log = await open(this.logFile, 'a');
    // Not with the flags of the test runner.
    const child = fork(file, [], {
      env: this.environment(),
      execArgv: [...NODE_FLAGS[this.service]],
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
    this.child = child;
    this.exit = once(child, 'exit').then(([code, signal]) => (signal ? `was ended by ${signal}` : `ended with ${code}`));
    await log.close();
    let timer: NodeJS.Timeout | undefined;
    const outcome = await Promise.race([
      once(child, 'message').then(() => undefined),
      this.exit,
      new Promise<string>((resolve) => {
        timer = setTimeout(resolve, START_LIMIT_MS, `was not ready after ${START_LIMIT_MS} ms`);
      }),
    ]);
    clearTimeout(timer);
    if (outcome !== undefined) throw new Error(`${this.name} ${outcome}:\n${await this.logTail()}`);
  }

  /** Ends it as a crash (SIGKILL), or suspends it (SIGSTOP); resolves once it is gone, or at once when it lives on. */
  async kill(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT' | 'SIGTERM'): Promise<void> {
    this.child?.kill(signal);
    if (signal === 'SIGKILL' || signal === 'SIGTERM') await this.exit;
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    const timer = setTimeout(() => this.child?.kill('SIGKILL'), STOP_LIMIT_MS);
    this.child?.kill('SIGTERM');
    await this.exit;
    clearTimeout(timer);
  }

  async logTail(lines = 15): Promise<string> {
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    return log.trimEnd().split('\n').slice(-lines).join('\n');
  }

  private environment(): NodeJS.ProcessEnv {
    const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith('PAGESWARM_'));
    return {
      ...Object.fromEntries(foreign),
      PAGESWARM_NODE_NAME: this.name,
      PAGESWARM_DATA_DIR: this.dataDir,
      PAGESWARM_HTTP_PORT: String(this.http.port),
      PAGESWARM_TRANSPORT_PORT: String(this.transport.port),
      PAGESWARM_LOG_LEVEL: 'debug',
      PAGESWARM_LOG_FORMAT: 'json',
      ...this.env,
    };
  }
}
