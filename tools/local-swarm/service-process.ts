import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { NODE_FLAGS } from '@pageswarm/config';
import { environmentOf, type PlannedProcess, type SwarmShape } from './plan.ts';

/** Time that a service may take until it says that it is ready, in milliseconds. */
export const START_LIMIT_MS = 60_000;
/** Time that a service may take to end after SIGTERM before it is killed, in milliseconds. */
export const STOP_LIMIT_MS = 10_000;
/** Lines of a log that are shown when its process ends too early. */
const LOG_TAIL_LINES = 20;

/** A service that could not start or ended by itself; its message holds the end of its log. */
export class ServiceEndedError extends Error {
  override readonly name = 'ServiceEndedError';
}

/** One service of a local swarm as a process of its own, which ends when this process does. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<string> | undefined;
  private stopping = false;

  constructor(
    readonly planned: PlannedProcess,
    private readonly shape: SwarmShape,
  ) {}

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  get http(): string {
    return `http://127.0.0.1:${this.planned.httpPort}`;
  }

  get transport(): string {
    return `127.0.0.1:${this.planned.transportPort}`;
  }

  get logFile(): string {
    return join(this.shape.dataDir, 'logs', `${this.planned.name}.log`);
  }

  /**
   * Starts the service and waits until it listens.
   * @throws ServiceEndedError with the end of its log
   */
  async start(): Promise<void> {
    await mkdir(dirname(this.logFile), { recursive: true });
    const log = await open(this.logFile, 'w');
    // Whoever stopped the swarm meanwhile could not end what was not there yet.
    if (this.stopping) return log.close();
    // A process group of its own: Ctrl-C reaches the launcher alone, which then stops everything in order.
    const child = fork(serviceFile(this.planned.service), [], {
      detached: true,
      execArgv: [...process.execArgv, ...NODE_FLAGS[this.planned.service]],
      env: environmentOf(this.planned, this.shape, process.env),
      stdio: ['ignore', log.fd, log.fd, 'ipc'],
    });
    this.child = child;
    this.ended = once(child, 'exit').then(([code, signal]) => (signal ? `was ended by ${signal}` : `ended with ${code}`));
    await log.close();
    const timer = new AbortController();
    const outcome = await Promise.race([
      readyMessage(child),
      this.ended,
      delay(START_LIMIT_MS, timer.signal).then(() => `was not ready after ${START_LIMIT_MS / 1_000} s`),
    ]);
    timer.abort();
    if (outcome !== READY) throw await this.failure(outcome);
  }

  /** Resolves with an error when the process ends although nobody stopped it; never when it was stopped. */
  async unexpectedEnd(): Promise<ServiceEndedError> {
    const outcome = await this.ended;
    if (this.stopping || outcome === undefined) return new Promise(() => {});
    return this.failure(outcome);
  }

  /** Asks the process to end, and kills it when it does not. */
  async stop(limitMs = STOP_LIMIT_MS): Promise<void> {
    this.stopping = true;
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
    await this.ended;
    clearTimeout(timer);
  }

  /** Ends the process without a word, as a crash or a power cut would. */
  async kill(): Promise<void> {
    this.stopping = true;
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  private async failure(outcome: string): Promise<ServiceEndedError> {
    const log = await readFile(this.logFile, 'utf8').catch(() => '');
    const tail = log.trimEnd().split('\n').slice(-LOG_TAIL_LINES);
    const shown = log === '' ? '  (its log is empty)' : tail.map((line) => `  ${line}`).join('\n');
    return new ServiceEndedError(`${this.planned.name} ${outcome}; the end of ${this.logFile}:\n${shown}`);
  }
}

const READY = 'ready';

function readyMessage(child: ChildProcess): Promise<string> {
  return new Promise((done) => {
    child.on('message', (message) => {
      if ((message as { type?: string }).type === READY) done(READY);
    });
  });
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}

/** The built service, found from the root of the project so that it is the same from source and from a bundle. */
function serviceFile(service: string): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  const file = join(folder, 'build/services', `${service}.js`);
  if (!existsSync(file)) throw new ServiceEndedError(`${file} is missing: run "npm run build" first`);
  return file;
}
