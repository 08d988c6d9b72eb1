import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How long a program may look at one file, in milliseconds. */
const CHECK_LIMIT_MS = 60_000;

/** What a program says of a file: 0 nothing, 1 warnings, 2 that it cannot be read; and the kinds of its messages. */
interface Opinion {
  readonly severity: number;
  readonly kinds: ReadonlySet<string>;
}

type Checker = (path: string) => Promise<Opinion>;

/** Other readers of PDFs that are installed here, and whether page views make them complain more than the original does. */
export class ViewCheckers {
  private views = 0;

  private constructor(
    private readonly checkers: ReadonlyMap<string, Checker>,
    private readonly folder: string,
  ) {}

  /** Finds out which of qpdf and poppler are installed. */
  static async find(): Promise<ViewCheckers> {
    const checkers = new Map<string, Checker>();
    if (await isInstalled('qpdf', ['--version'])) checkers.set('qpdf', qpdfOpinion);
    if (await isInstalled('pdftotext', ['-v'])) checkers.set('poppler', popplerOpinion);
    return new ViewCheckers(checkers, await mkdtemp(join(tmpdir(), 'pageswarm-views-')));
  }

  get names(): readonly string[] {
    return [...this.checkers.keys()];
  }

  /** Programs that say worse of the view than of the original, each with what it says. */
  async complaints(view: Uint8Array, original: string): Promise<string[]> {
    if (this.checkers.size === 0) return [];
    const path = join(this.folder, `view-${this.views++}.pdf`);
    await writeFile(path, view);
    const complaints: string[] = [];
    for (const [name, opinionOf] of this.checkers) {
      const ofView = await opinionOf(path);
      if (ofView.severity === 0) continue;
      const ofOriginal = await opinionOf(original);
      const fresh = [...ofView.kinds].filter((kind) => !ofOriginal.kinds.has(kind));
      if (ofView.severity > ofOriginal.severity) complaints.push(`${name}: ${fresh[0] ?? 'no message'}`);
    }
    await rm(path);
    return complaints;
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** qpdf ends with 3 after warnings and with 2 after errors. */
async function qpdfOpinion(path: string): Promise<Opinion> {
  const { code, messages } = await run('qpdf', ['--check', path]);
  return { severity: code === 0 ? 0 : code === 3 ? 1 : 2, kinds: kindsOf(messages) };
}

async function popplerOpinion(path: string): Promise<Opinion> {
  const { code, messages } = await run('pdftotext', ['-q', path, '/dev/null']);
  if (code !== 0) return { severity: 2, kinds: kindsOf(messages) };
  const { messages: warnings } = await run('pdftotext', [path, '/dev/null']);
  return { severity: warnings.trim() === '' ? 0 : 1, kinds: kindsOf(warnings) };
}

/** Messages without the places and numbers that differ from file to file. */
function kindsOf(messages: string): ReadonlySet<string> {
  const lines = messages.split('\n').filter((line) => line.trim() !== '');
  return new Set(
    lines.map((line) =>
      line
        .replace(/\S*\.pdf\S*/gi, 'FILE')
        .replace(/\d+/g, 'N')
        .slice(0, 200),
    ),
  );
}

async function isInstalled(program: string, args: readonly string[]): Promise<boolean> {
  return (await run(program, args)).code !== undefined;
}

/** The exit code of a program, undefined when it cannot be started, and what it wrote to its error output. */
function run(program: string, args: readonly string[]): Promise<{ code: number | undefined; messages: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: CHECK_LIMIT_MS, encoding: 'latin1' }, (error, _, messages) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : error.killed ? 2 : undefined;
      resolve({ code, messages });
    });
  });
}
