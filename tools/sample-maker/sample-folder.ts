import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SAMPLE_DOCUMENTS, type SampleDocument } from './sample-documents.ts';

/** A sample that lies in a folder. */
export interface SampleFile {
  readonly sample: SampleDocument;
  readonly path: string;
  readonly size: number;
}

/** Makes the samples that `folder` lacks; one that lies there is kept, for it can only have the same bytes. */
export async function makeSamples(folder: string, samples: readonly SampleDocument[] = SAMPLE_DOCUMENTS): Promise<SampleFile[]> {
  await mkdir(folder, { recursive: true });
  const files: SampleFile[] = [];
  for (const sample of samples) {
    const path = join(folder, sample.fileName);
    if (!(await exists(path))) await writeWhole(path, await sample.make());
    files.push({ sample, path, size: (await stat(path)).size });
  }
  return files;
}

/** Writes beside the name first, so that a stop halfway leaves no half sample under it. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await writeFile(`${path}.tmp`, bytes);
  await rename(`${path}.tmp`, path);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
