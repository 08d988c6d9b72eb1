import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CorpusFile } from './manifest.ts';

/** How long pdfinfo may look at one file, in milliseconds. */
const PDFINFO_LIMIT_MS = 20_000;

/** Counts the pages of a file: undefined when it cannot be opened. */
export type PageCounter = (path: string) => Promise<number | undefined>;

/** Every PDF below a folder that has no table: md5 from each file itself, pages as `count` finds them; null for all without it. */
export async function readFolder(folder: string, count: PageCounter | undefined): Promise<CorpusFile[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => /\.pdf$/i.test(name)).sort();
  const files: CorpusFile[] = [];
  for (const file of names) {
    const path = join(folder, file);
    const found = await stat(path);
    if (found.isFile()) files.push({ file, path, bytes: found.size, md5: await md5Of(path), pages: count ? await count(path) : null });
  }
  return files;
}

/** The page counter of poppler's pdfinfo; undefined where that is not installed. */
export async function popplerPages(): Promise<PageCounter | undefined> {
  const version = await run('pdfinfo', ['-v']);
  if (version === undefined) return undefined;
  return async (path) => {
    const pages = /^Pages:\s+(\d+)$/m.exec((await run('pdfinfo', [path])) ?? '')?.[1];
    return pages === undefined ? undefined : Number(pages);
  };
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash('md5');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex');
}

/** What a program prints; undefined when it cannot be started, fails or takes too long. */
function run(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: PDFINFO_LIMIT_MS, encoding: 'latin1' }, (error, stdout) => resolve(error ? undefined : stdout));
  });
}
