import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreeBasePort } from '../../tools/local-swarm/ports.ts';
import type { SwarmFile } from '../../tools/local-swarm/swarm-file.ts';
import { waitFor } from '../../tools/local-swarm/wait-for.ts';

const ROOT = join(import.meta.dirname, '../..');
const START_LIMIT_MS = 90_000;
const END_LIMIT_MS = 20_000;

/** The built launcher as a process of its own, as `npm start` runs it. */
export class LauncherProcess {
  output = '';
  readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  constructor(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [join(ROOT, 'build/tools/local-swarm.js'), ...args], {
      env: { ...process.env, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.on('data', (chunk) => {
        this.output += chunk;
      });
    this.ended = once(this.child, 'close');
  }

  /** @returns the exit code, once all output has come; null after a signal */
  async exitCode(): Promise<number | null> {
    await this.ended;
    return this.child.exitCode;
  }

  /** Waits until the swarm is up, as a script would. */
  async swarmFile(dataDir: string): Promise<SwarmFile> {
    const path = join(dataDir, 'swarm.json');
    await waitFor('swarm.json', START_LIMIT_MS, async () => {
      if (this.child.exitCode !== null) throw new Error(`The launcher ended:\n${this.output}`);
      return existsSync(path);
    });
    return JSON.parse(readFileSync(path, 'utf8'));
  }

  /** Waits until the output holds `text`. */
  async says(text: string): Promise<void> {
    await waitFor(`"${text}" in the output`, START_LIMIT_MS, async () => this.output.includes(text));
  }
}

/** A folder and ports for the launcher that a test starts; nothing of it is left afterwards. */
export class LauncherStage {
  private launcher: LauncherProcess | undefined;

  private constructor(
    readonly dataDir: string,
    readonly basePort: number,
  ) {}

  static async make(): Promise<LauncherStage> {
    return new LauncherStage(mkdtempSync(join(tmpdir(), 'pageswarm-e2e-')), await findFreeBasePort(4));
  }

  start(...args: string[]): LauncherProcess {
    return this.startWith({}, ...args);
  }

  startWith(settings: Readonly<Record<string, string>>, ...args: string[]): LauncherProcess {
    this.launcher = new LauncherProcess(['--data-dir', this.dataDir, '--base-port', String(this.basePort), ...args], settings);
    return this.launcher;
  }

  async remove(): Promise<void> {
    this.launcher?.child.kill('SIGKILL');
    await this.launcher?.exitCode();
    rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Waits until none of these processes is alive. @throws Error when one stays */
export async function expectAllGone(pids: readonly number[]): Promise<void> {
  await waitFor('all processes to be gone', END_LIMIT_MS, async () => !pids.some(isAlive));
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Processes below `pid`, read from /proc; none on a system that has no such folder. */
export function descendantsOf(pid: number): number[] {
  if (!existsSync('/proc/self/stat')) return [];
  const children = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    const parent = parentOf(name);
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found: number[] = [];
  const visit = (parent: number): void => {
    for (const child of children.get(parent) ?? []) {
      found.push(child);
      visit(child);
    }
  };
  visit(pid);
  return found;
}

function parentOf(name: string): number | undefined {
  try {
    // The command in parentheses may hold anything; the parent is the second field after it (proc(5)).
    return Number(
      readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')[1],
    );
  } catch {
    return undefined;
  }
}
