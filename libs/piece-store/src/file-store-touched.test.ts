import { mkdtemp, open, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FileStore } from './file-store.ts';
import { pieceOf, sampleDocument, writePieces } from './piece-store.contract.ts';

const sample = sampleDocument('alpha');
const { spec, bytes } = sample;
const ALL = [0, 1, 2, 3, 4];
const isRight = (piece: number, pieceBytes: Uint8Array) => Buffer.from(pieceBytes).equals(pieceOf(sample, piece));

describe('a finished file that others touch while no process serves it', () => {
  let directory: string;
  let store: FileStore;
  const path = () => join(directory, 'documents', 'alpha.pdf');

  /** Puts the file in its place. @returns what its owner records */
  async function finished(): Promise<{ fileName: string; modifiedAt: number }> {
    const document = await store.open(spec);
    await writePieces(document, sample, ALL);
    await document.finish();
    await store.close();
    store = new FileStore({ directory });
    return { fileName: document.fileName as string, modifiedAt: document.modifiedAt as number };
  }

  /** Changes bytes without a change of size. */
  async function change(position: number): Promise<void> {
    const file = await open(path(), 'r+');
    await file.write(Buffer.from('rot'), 0, 3, position);
    await file.close();
    await utimes(path(), new Date(), new Date(Date.now() + 5));
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pageswarm-store-'));
    store = new FileStore({ directory });
  });

  afterEach(async () => {
    await store.close();
    await rm(directory, { recursive: true });
  });

  it('is trusted at the time that was recorded, and where none was', async () => {
    const place = await finished();
    const document = await store.open(spec, place);
    expect([document.needsVerification, document.complete, document.modifiedAt]).toEqual([false, true, place.modifiedAt]);
    await document.close();
    const old = await store.open(spec, { fileName: place.fileName });
    expect([old.needsVerification, old.complete, old.modifiedAt]).toEqual([false, true, place.modifiedAt]);
  });

  it('is not served before every piece was hashed again; what changed is missing, can be written, and the file is whole again', async () => {
    const place = await finished();
    await change(2 * spec.pieceLength);
    const document = await store.open(spec, place);
    expect([document.needsVerification, document.complete, document.have.count]).toEqual([true, false, 0]);
    expect(await document.verify(isRight)).toBe(1);
    expect([document.needsVerification, document.complete, ...document.have]).toEqual([false, false, 0, 1, 3, 4]);
    await writePieces(document, sample, [2]);
    await document.finish();
    expect([document.complete, document.fileName]).toEqual([true, place.fileName]);
    expect((await readFile(path())).equals(bytes)).toBe(true);
    await store.close();
    store = new FileStore({ directory });
    const again = await store.open(spec, { fileName: place.fileName, modifiedAt: document.modifiedAt });
    expect([again.needsVerification, again.complete]).toEqual([false, true]);
  });

  it('is complete at its new time when only the time has changed', async () => {
    const place = await finished();
    await utimes(path(), new Date(), new Date(1_700_000_000_000));
    const document = await store.open(spec, place);
    expect(document.needsVerification).toBe(true);
    expect(await document.verify(isRight)).toBe(0);
    await document.finish();
    expect([document.complete, document.modifiedAt]).toEqual([true, 1_700_000_000_000]);
  });

  it('is hashed again also when the process dies while it does so', async () => {
    const place = await finished();
    await change(0);
    await store.open(spec, place);
    store = new FileStore({ directory });
    const document = await store.open(spec, place);
    expect([document.needsVerification, document.have.count]).toEqual([true, 0]);
    expect(await document.verify(isRight)).toBe(1);
  });
});
