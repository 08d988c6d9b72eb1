import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** One file of a corpus and what poppler says about it. */
export interface CorpusFile {
  /** Path below the corpus folder. */
  readonly file: string;
  readonly path: string;
  readonly bytes: number;
  readonly md5: string;
  /** Undefined where poppler could not open it, null where nobody asked poppler. */
  readonly pages: number | undefined | null;
}

/** The table that a corpus folder brings along. */
const MANIFEST_NAME = 'MANIFEST.tsv';

/**
 * Finds the corpus: the folder that was asked for, `PAGESWARM_CORPUS`, or a folder `shared/corpus` beside the checkout.
 * @returns undefined when there is none
 */
export function findCorpus(asked = process.env.PAGESWARM_CORPUS): string | undefined {
  const folder = asked ? resolve(asked) : join(projectRoot(), '../shared/corpus');
  return hasManifest(folder) ? folder : undefined;
}

export function hasManifest(folder: string): boolean {
  return existsSync(join(folder, MANIFEST_NAME));
}

/** Reads the table: file, bytes, md5, pages, and columns that are not needed here; the first line names them. */
export function readManifest(folder: string): CorpusFile[] {
  const [, ...lines] = readFileSync(join(folder, MANIFEST_NAME), 'utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [file = '', bytes, md5 = '', pages] = line.split('\t');
    return { file, path: join(folder, file), bytes: Number(bytes), md5, pages: pages ? Number(pages) : undefined };
  });
}

/** The folder of the checkout, from source and from a bundle. */
export function projectRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
