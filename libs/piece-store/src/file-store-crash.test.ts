import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type Faults, FaultyFileOperations } from './faulty-file-operations.ts';
import { NodeFileOperations } from './file-operations.ts';
import { FileStore } from './file-store.ts';
import { pieceOf, sampleDocument, writePieces } from './piece-store.contract.ts';

const sample = sampleDocument('alpha', 4);
const uploaded = sampleDocument('beta', 4, sample.spec.name);

/** What the dying process still told: its owner may rely on this. */
interface Told {
  readonly written: Set<number>;
  forgotten: boolean;
  fileName?: string;
  uploadedName?: string;
}

/** The life of two documents of one name and size: an upload, a download that finishes, rots and is mended. */
async function live(store: FileStore, upload: string, told: Told, uploadsFirst: boolean): Promise<void> {
  if (uploadsFirst) told.uploadedName = (await store.adopt(uploaded.spec, upload)).fileName;
  const document = await store.open(sample.spec);
  for (const piece of [2, 0, 1, 3]) {
    await document.write(piece, pieceOf(sample, piece));
    told.written.add(piece);
  }
  await document.finish();
  told.fileName = document.fileName;
  if (!uploadsFirst) told.uploadedName = (await store.adopt(uploaded.spec, upload)).fileName;
  told.forgotten = true;
  await document.forget(1);
  await document.write(1, pieceOf(sample, 1));
  await document.finish();
}

/** @returns true if the process lived to the end */
async function dieAfter(steps: number, faults: Faults, uploadsFirst: boolean): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'pageswarm-crash-'));
  const directory = join(folder, 'data');
  const upload = join(folder, 'upload');
  await writeFile(upload, uploaded.bytes);
  const told: Told = { written: new Set(), forgotten: false };
  const dying = new FileStore({
    directory,
    bootId: 'boot',
    operations: new FaultyFileOperations(new NodeFileOperations(), { ...faults, stepsLeft: steps }),
  });
  try {
    const survived = await live(dying, upload, told, uploadsFirst).then(
      () => true,
      () => false,
    );
    const store = new FileStore({ directory, bootId: 'boot' });
    const document = await store.open(sample.spec, { fileName: told.fileName });
    expect(document.needsVerification).toBe(false);
    for (const piece of document.have) {
      const expected = pieceOf(sample, piece);
      expect(Buffer.from(await document.read(piece * 1024, expected.length)).equals(expected)).toBe(true);
    }
    if (!told.forgotten) for (const piece of told.written) expect(document.have.has(piece)).toBe(true);
    await writePieces(document, sample, [0, 1, 2, 3]);
    await document.finish();
    expect(Buffer.from(await readFile(document.path as string)).equals(sample.bytes)).toBe(true);
    if (told.fileName !== undefined) expect(document.fileName).toBe(told.fileName);

    const second =
      told.uploadedName === undefined ? await store.adopt(uploaded.spec, await uploadLeft(directory, upload)) : await store.open(uploaded.spec, { fileName: told.uploadedName }); // biome-ignore format: one choice
    expect(Buffer.from(await readFile(second.path as string)).equals(uploaded.bytes)).toBe(true);
    await store.close();
    return survived;
  } finally {
    await dying.close().catch(() => {});
    await rm(folder, { recursive: true });
  }
}

/** An upload that nobody was told of is either where it was, or among the documents under a free name: never lost. */
async function uploadLeft(directory: string, upload: string): Promise<string> {
  for (const path of [upload, ...(await readdir(join(directory, 'documents'))).map((name) => join(directory, 'documents', name))]) {
    const bytes = await readFile(path).catch(() => Buffer.alloc(0));
    if (bytes.equals(uploaded.bytes)) return path;
  }
  throw new Error('The uploaded bytes are lost');
}

describe('a file store whose process dies between two steps', () => {
  it.each<[string, Faults, boolean]>([
    ['with hard links', {}, false],
    ['without hard links', { linkErrno: 'EPERM' }, false],
    ['when its name is taken', {}, true],
  ])(
    'has every piece it told of, none that is wrong, and goes on, %s',
    async (_what, faults, uploadsFirst) => {
      let steps = 0;
      while (!(await dieAfter(steps, faults, uploadsFirst))) steps++;
      expect(steps).toBeGreaterThan(25);
    },
    60_000,
  );
});
