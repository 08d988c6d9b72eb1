import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { firstLine } from './rival.ts';

/** How long a program may take for one file, in milliseconds. */
const FILE_LIMIT_MS = 120_000;
/** Clock ticks of a second in /proc, on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** A program that does the same work on a PDF. */
export interface PdfRival {
  readonly name: string;
  readonly work: 'structure' | 'text';
  readonly version: readonly string[];
  readonly args: (path: string) => string[];
}

export const PDF_RIVALS: readonly PdfRival[] = [
  { name: 'qpdf', work: 'structure', version: ['--version'], args: (path) => ['--show-xref', path] },
  { name: 'mutool', work: 'structure', version: ['-v'], args: (path) => ['show', path, 'xref'] },
  { name: 'pdftotext', work: 'text', version: ['-v'], args: (path) => [path, '/dev/null'] },
  { name: 'mutool', work: 'text', version: ['-v'], args: (path) => ['draw', '-q', '-F', 'txt', '-o', '/dev/null', path] },
];

export async function isInstalled({ name, version }: PdfRival): Promise<boolean> {
  // mutool tells its version and fails all the same; only a program that is not there has no exit code.
  return (await firstLine(name, version)) !== undefined || (await exitCode(name, version)) !== undefined;
}

/** Processor seconds that the program needs for these files, start included; undefined where the system does not tell. */
export async function rivalCpuSeconds({ name, args }: PdfRival, paths: readonly string[]): Promise<number | undefined> {
  const before = endedChildrenSeconds();
  for (const path of paths) await exitCode(name, args(path));
  const after = endedChildrenSeconds();
  return before === undefined || after === undefined ? undefined : after - before;
}

async function exitCode(name: string, args: readonly string[]): Promise<number | undefined> {
  try {
    const child = spawn(name, args, { stdio: 'ignore', timeout: FILE_LIMIT_MS });
    const [code] = await once(child, 'close');
    return code ?? undefined;
  } catch {
    return undefined;
  }
}

function endedChildrenSeconds(): number | undefined {
  const times = processorTimes(process.pid);
  return times?.ended;
}

/** Processor seconds of a process itself and of its children that have ended. */
function processorTimes(pid: number): { readonly own: number; readonly ended: number } | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, endedUser = 0, endedSystem = 0] = fields.slice(11, 15);
    return { own: (user + system) / TICKS_PER_SECOND, ended: (endedUser + endedSystem) / TICKS_PER_SECOND };
  } catch {
    return undefined;
  }
}

/** Processor seconds of a process and its children so far, those that have ended included. */
export function familyCpuSeconds(pid: number): number | undefined {
  const parent = processorTimes(pid);
  if (!parent) return undefined;
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').split(' ').filter(Boolean);
  return children.reduce((sum, child) => sum + (processorTimes(Number(child))?.own ?? 0), parent.own + parent.ended);
}
