import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findCorpus, readManifest } from '../corpus/manifest.ts';
import { makeSamples } from '../sample-maker/sample-folder.ts';
import { writeBigDocument } from './big-document.ts';

/** Pages, and mebibytes, of the book of pictures. */
const BOOK_PAGES = 100;

/** A PDF to measure with. */
export interface BenchPdf {
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** A real manual out of a corpus, the project's own sample, or a made book of pictures as large as a scanned one. */
  readonly kind: 'manual' | 'sample' | 'book';
}

/** The samples and a book, made in `folder`, and the manuals of a corpus where there is one. */
export async function benchPdfs(folder: string): Promise<BenchPdf[]> {
  const samples = (await makeSamples(folder)).map(({ sample, path }) => ({ name: sample.fileName, path, kind: 'sample' as const }));
  const book = { name: `a book of ${BOOK_PAGES} MiB`, path: join(folder, 'book.pdf'), kind: 'book' as const };
  await writeBigDocument(book.path, BOOK_PAGES);
  const corpus = findCorpus();
  const manuals = (corpus ? readManifest(corpus) : [])
    .filter(({ file, pages }) => file.startsWith('docs/') && typeof pages === 'number')
    .map(({ file, path }) => ({ name: file, path, kind: 'manual' as const }));
  return Promise.all([...samples, book, ...manuals].map(async (file) => ({ ...file, bytes: await readFile(file.path) })));
}
