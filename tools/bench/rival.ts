import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';

/** One transfer: how long it took, and the processor time of both ends where the system tells it. */
export interface Transfer {
  readonly seconds: number;
  readonly cpuSeconds: number | undefined;
}

/** A document as others share it: the file in its folder, and a torrent of it without hosts. */
export interface SharedFile {
  readonly path: string;
  readonly folder: string;
  readonly torrentOf: (announce: string) => Promise<string>;
}

/** Another program that moves the same file over loopback, from disk to disk. */
export interface Rival {
  readonly name: string;
  /** What is checked, and how it is set up. */
  readonly settings: string;
  /** @returns undefined when it is not installed */
  version(): Promise<string | undefined>;
  /** @param target an empty folder */
  transfer(file: SharedFile, target: string): Promise<Transfer>;
}

/** Clock ticks of a second in /proc, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** Processor seconds that processes have used so far; undefined where there is no /proc. */
export async function cpuSeconds(pids: readonly (number | undefined)[]): Promise<number | undefined> {
  try {
    let ticks = 0;
    for (const pid of pids) {
      // The name of the program is in brackets and may hold spaces; user and system time are the 14th and 15th field.
      const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /s, '').split(' ');
      ticks += Number(fields[11]) + Number(fields[12]);
    }
    return ticks / TICKS_PER_SECOND;
  } catch {
    return undefined;
  }
}

/** The first line that a program prints; undefined when it cannot be started or fails. */
export async function firstLine(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    const [code] = await once(child, 'close');
    return code === 0 ? text.split('\n')[0] : undefined;
  } catch {
    return undefined;
  }
}

/** A child process that speaks in lines and ends when its standard input does. */
export class LineProcess {
  private readonly child: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(command: string, args: readonly string[]) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** Its next line. @throws Error if the process ends first */
  async line(): Promise<string> {
    const { value } = await this.lines.next();
    if (value === undefined) throw new Error(`${this.child.spawnfile} ended without a word`);
    return value;
  }

  /** The line that answers a line. */
  ask(question: string): Promise<string> {
    this.child.stdin?.write(`${question}\n`);
    return this.line();
  }

  /** The number after this word in the next line. @throws Error if the process ends or says something else */
  async number(word: string): Promise<number> {
    const value = await this.line();
    const [, number] = new RegExp(`^${word} ([\\d.]+)$`).exec(value) ?? [];
    if (number === undefined) throw new Error(`${this.child.spawnfile} said "${value}" instead of "${word} ..."`);
    return Number(number);
  }

  async end(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, 'exit');
    this.child.stdin?.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 2_000);
    await gone;
    clearTimeout(timer);
  }
}
