import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
// biome-ignore lint/correctness/noUndeclaredDependencies: a suite of tests; jest belongs to the whole house
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { documentId, isPageSwarmError, pieceSize } from '@pageswarm/primitives';
import { type DocumentPieces, MAX_READ_BYTES, type PieceStore, type StoredDocumentSpec } from './piece-store.ts';

/** What a piece store must bring to be held to the contract. */
export interface PieceStoreSetup {
  readonly store: PieceStore;
  /** The same store as a new process finds it. */
  reopen(): Promise<PieceStore>;
  /** A folder for files that are given to the store. */
  readonly folder: string;
  cleanUp(): Promise<void>;
}

const PIECE_LENGTH = 1024;

/** A document whose bytes follow from its seed. */
export function sampleDocument(seed: string, pieces = 5, name = `${seed}.pdf`): { spec: StoredDocumentSpec; bytes: Uint8Array } {
  const size = pieces * PIECE_LENGTH - 100;
  const bytes = new Uint8Array(size);
  for (let offset = 0, block = 0; offset < size; offset += 32, block++)
    bytes.set(
      createHash('sha256')
        .update(`${seed}:${block}`)
        .digest()
        .subarray(0, Math.min(32, size - offset)),
      offset,
    );
  return {
    spec: { documentId: documentId(createHash('sha256').update(bytes).digest('hex')), name, size, pieceLength: PIECE_LENGTH },
    bytes,
  };
}

export function pieceOf({ spec, bytes }: { spec: StoredDocumentSpec; bytes: Uint8Array }, piece: number): Uint8Array {
  const start = piece * spec.pieceLength;
  return bytes.slice(start, start + pieceSize(piece, spec.size, spec.pieceLength));
}

export async function writePieces(
  document: DocumentPieces,
  sample: { spec: StoredDocumentSpec; bytes: Uint8Array },
  pieces: Iterable<number>,
) {
  await Promise.all([...pieces].map((piece) => document.write(piece, pieceOf(sample, piece))));
}

/** The code that a promise rejects with, or what else came of it. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return isPageSwarmError(error) ? error.code : `not ours: ${error}`;
  }
  return 'nothing thrown';
}

/** Holds an implementation of PieceStore to what the port promises. */
export function describePieceStore(name: string, setUp: () => Promise<PieceStoreSetup>): void {
  describe(`${name} as a piece store`, () => {
    let setup: PieceStoreSetup;
    let store: PieceStore;
    const sample = sampleDocument('alpha');
    const { spec, bytes } = sample;

    beforeEach(async () => {
      setup = await setUp();
      store = setup.store;
    });

    afterEach(async () => {
      await store.close();
      await setup.cleanUp();
    });

    it('begins a document without any piece', async () => {
      const document = await store.open(spec);
      expect([document.have.count, document.have.size, document.size]).toEqual([0, 5, spec.size]);
      expect([document.complete, document.fileName, document.needsVerification]).toEqual([false, undefined, false]);
    });

    it('reads any range of the pieces that are here, and no others', async () => {
      const document = await store.open(spec);
      await writePieces(document, sample, [4, 1, 2]);
      expect(document.have.toRanges()).toEqual([
        [1, 2],
        [4, 1],
      ]);
      for (const [offset, length] of [[1024, 2048], [1500, 1000], [2047, 2], [3071, 1], [4096, 924], [5019, 1], [1024, 0]] as const) // biome-ignore format: pairs
        expect(Buffer.from(await document.read(offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(true);
      for (const [offset, length] of [[0, 1], [1023, 2], [3071, 2], [4095, 2], [0, spec.size]] as const) // biome-ignore format: pairs
        expect(await codeOf(document.read(offset, length))).toBe('PIECE_NOT_HERE');
    });

    it('reads into memory that it is given, where that is large enough', async () => {
      const document = await store.open(spec);
      await writePieces(document, sample, [1, 2]);
      const expected = bytes.subarray(PIECE_LENGTH + 10, PIECE_LENGTH + 1_010);
      const target = new Uint8Array(1_500).fill(7);
      const read = await document.read(PIECE_LENGTH + 10, 1_000, target);
      expect(read.buffer).toBe(target.buffer);
      expect(Buffer.from(read).equals(expected)).toBe(true);
      expect(target.subarray(1_000).every((byte) => byte === 7)).toBe(true);
      const small = new Uint8Array(999);
      const other = await document.read(PIECE_LENGTH + 10, 1_000, small);
      expect(other.buffer).not.toBe(small.buffer);
      expect(Buffer.from(other).equals(expected)).toBe(true);
    });

    it('refuses ranges and pieces that the document does not have', async () => {
      const document = await store.open(spec);
      for (const [offset, length] of [[-1, 1], [0, -1], [0, spec.size + 1], [spec.size, 1], [0.5, 1], [0, Number.NaN]] as const) // biome-ignore format: pairs
        expect(await codeOf(document.read(offset, length))).toBe('INVALID_REQUEST');
      for (const piece of [-1, 5, 0.5, Number.NaN]) {
        expect(await codeOf(document.write(piece, new Uint8Array(PIECE_LENGTH)))).toBe('INVALID_REQUEST');
        expect(await codeOf(document.forget(piece))).toBe('INVALID_REQUEST');
      }
      expect(await codeOf(document.write(0, new Uint8Array(PIECE_LENGTH - 1)))).toBe('INVALID_REQUEST');
      expect(await codeOf(document.write(4, new Uint8Array(PIECE_LENGTH)))).toBe('INVALID_REQUEST');
      expect(document.have.count).toBe(0);
    });

    it('refuses to read more than its limit at once', async () => {
      const document = await store.open({ ...spec, size: MAX_READ_BYTES + 1, pieceLength: 2 ** 27 });
      expect(await codeOf(document.read(0, MAX_READ_BYTES))).toBe('PIECE_NOT_HERE');
      expect(await codeOf(document.read(0, MAX_READ_BYTES + 1))).toBe('INVALID_REQUEST');
    });

    it('refuses what is not a document', async () => {
      for (const change of [{ size: 0 }, { size: 1.5 }, { pieceLength: 0 }])
        expect(await codeOf(store.open({ ...spec, ...change }))).toBe('INVALID_REQUEST');
      expect(await codeOf(store.open({ ...spec, documentId: '../../etc/passwd' as never }))).toBe('INVALID_ID');
    });

    it('keeps the first bytes of a piece that is written twice, also at the same time', async () => {
      const document = await store.open(spec);
      await Promise.all([document.write(0, pieceOf(sample, 0)), document.write(0, pieceOf(sample, 0))]);
      await document.write(0, new Uint8Array(PIECE_LENGTH));
      expect(Buffer.from(await document.read(0, PIECE_LENGTH)).equals(pieceOf(sample, 0))).toBe(true);
    });

    it('resumes with the pieces that were written', async () => {
      await writePieces(await store.open(spec), sample, [0, 3]);
      await store.close();
      store = await setup.reopen();
      const document = await store.open(spec);
      expect([...document.have]).toEqual([0, 3]);
      expect(document.needsVerification).toBe(false);
      expect(Buffer.from(await document.read(3072, 1024)).equals(pieceOf(sample, 3))).toBe(true);
    });

    it('has one owner per document at a time', async () => {
      const [first, second] = await Promise.all([store.open(spec), codeOf(store.open(spec))]);
      expect(second).toBe('WRONG_STATE');
      await first.close();
      await (await store.open(spec)).close();
    });

    it('finishes only when all pieces are here, once, and serves on', async () => {
      const document = await store.open(spec);
      await writePieces(document, sample, [0, 1, 2, 3]);
      expect(await codeOf(document.finish())).toBe('WRONG_STATE');
      await writePieces(document, sample, [4]);
      expect([document.have.isFull, document.complete]).toEqual([true, false]);
      await Promise.all([document.finish(), document.finish()]);
      expect([document.complete, document.fileName]).toEqual([true, 'alpha.pdf']);
      expect(Buffer.from(await document.read(0, spec.size)).equals(bytes)).toBe(true);
    });

    it('serves reads across the move', async () => {
      const document = await store.open(spec);
      await writePieces(document, sample, [0, 1, 2, 3, 4]);
      const reads: Promise<Uint8Array>[] = [];
      for (let round = 0; round < 40; round++) reads.push(document.read(round * 10, 2000));
      const finishing = document.finish();
      for (let round = 0; round < 40; round++) reads.push(Promise.resolve().then(() => document.read(round * 10, 2000)));
      for (const [round, read] of (await Promise.all(reads)).entries())
        expect(Buffer.from(read).equals(bytes.subarray((round % 40) * 10, (round % 40) * 10 + 2000))).toBe(true);
      await finishing;
    });

    it('opens a finished document by the name that its owner recorded', async () => {
      const first = await store.open(spec);
      await writePieces(first, sample, [0, 1, 2, 3, 4]);
      await first.finish();
      const fileName = first.fileName;
      await store.close();
      store = await setup.reopen();
      const document = await store.open(spec, { fileName });
      expect([document.complete, document.have.isFull, document.fileName]).toEqual([true, true, fileName]);
      expect(Buffer.from(await document.read(0, spec.size)).equals(bytes)).toBe(true);
    });

    it('says so when a recorded document is missing', async () => {
      expect(await codeOf(store.open(spec, { fileName: 'lost.pdf' }))).toBe('STORE_FAILED');
      expect((await store.open(spec)).have.count).toBe(0);
    });

    it('keeps the bytes of both when two documents have one name', async () => {
      const twin = sampleDocument('beta', 5, spec.name);
      const documents = await Promise.all([store.open(spec), store.open(twin.spec)]);
      await writePieces(documents[0], sample, [0, 1, 2, 3, 4]);
      await writePieces(documents[1], twin, [0, 1, 2, 3, 4]);
      await Promise.all(documents.map((document) => document.finish()));
      expect(documents.map(({ fileName }) => fileName).sort()).toEqual(['alpha (2).pdf', 'alpha.pdf']);
      expect(Buffer.from(await documents[0].read(0, spec.size)).equals(bytes)).toBe(true);
      expect(Buffer.from(await documents[1].read(0, spec.size)).equals(twin.bytes)).toBe(true);
    });

    it('forgets a piece, also after a restart, and takes it again', async () => {
      const document = await store.open(spec);
      await writePieces(document, sample, [0, 1]);
      await document.forget(0);
      expect([...document.have]).toEqual([1]);
      expect(await codeOf(document.read(0, 1))).toBe('PIECE_NOT_HERE');
      await store.close();
      store = await setup.reopen();
      const resumed = await store.open(spec);
      expect([...resumed.have]).toEqual([1]);
      await writePieces(resumed, sample, [0]);
      expect(Buffer.from(await resumed.read(0, 2048)).equals(bytes.subarray(0, 2048))).toBe(true);
    });

    it('mends a finished document of which a piece has rotted, also across a restart', async () => {
      const document = await store.open(spec);
      await writePieces(document, sample, [0, 1, 2, 3, 4]);
      await document.finish();
      await document.forget(2);
      expect([document.complete, document.have.count]).toEqual([false, 4]);
      const fileName = document.fileName;
      await store.close();
      store = await setup.reopen();
      const resumed = await store.open(spec, { fileName });
      expect([resumed.complete, ...resumed.have]).toEqual([false, 0, 1, 3, 4]);
      await writePieces(resumed, sample, [2]);
      await resumed.finish();
      expect([resumed.complete, resumed.fileName]).toEqual([true, fileName]);
      expect(Buffer.from(await resumed.read(0, spec.size)).equals(bytes)).toBe(true);
    });

    it('verifies what is here and forgets what is rotten', async () => {
      const document = await store.open(spec);
      await writePieces(document, sample, [0, 1, 4]);
      const seen: number[] = [];
      const lost = await document.verify((piece, pieceBytes) => {
        seen.push(piece);
        return piece !== 1 && Buffer.from(pieceBytes).equals(pieceOf(sample, piece));
      });
      expect([lost, ...document.have]).toEqual([1, 0, 4]);
      expect(seen.sort()).toEqual([0, 1, 4]);
    });

    it('adopts a whole file by moving it', async () => {
      const source = join(setup.folder, 'upload');
      await writeFile(source, bytes);
      const document = await store.adopt(spec, source);
      expect([document.complete, document.have.isFull, document.fileName]).toEqual([true, true, 'alpha.pdf']);
      expect(Buffer.from(await document.read(0, spec.size)).equals(bytes)).toBe(true);
      expect(await codeOf(writeFile(source, '', { flag: 'wx' }))).toBe('nothing thrown');
    });

    it('adopts nothing of another size, nothing that is missing, and no document that is open', async () => {
      const source = join(setup.folder, 'upload');
      await writeFile(source, bytes.subarray(1));
      expect(await codeOf(store.adopt(spec, source))).toBe('INVALID_REQUEST');
      expect(await codeOf(writeFile(source, bytes, { flag: 'wx' }))).toMatch(/EEXIST/);
      expect(await codeOf(store.adopt(spec, join(setup.folder, 'nothing')))).toBe('INVALID_REQUEST');
      await store.open(spec);
      await writeFile(source, bytes);
      expect(await codeOf(store.adopt(spec, source))).toBe('DOCUMENT_EXISTS');
    });

    it('adopts a document of which a part is here already', async () => {
      const part = await store.open(spec);
      await writePieces(part, sample, [0]);
      await part.close();
      const source = join(setup.folder, 'upload');
      await writeFile(source, bytes);
      const document = await store.adopt(spec, source);
      expect(document.complete).toBe(true);
      await document.remove();
      expect((await store.open(spec)).have.count).toBe(0);
    });

    it('removes a document, partial or finished, and can begin it again', async () => {
      for (const pieces of [[1], [0, 1, 2, 3, 4]]) {
        const document = await store.open(spec);
        await writePieces(document, sample, pieces);
        if (document.have.isFull) await document.finish();
        await document.remove();
        await document.remove();
        expect(await codeOf(document.read(1024, 1))).toBe('PIECE_NOT_HERE');
        const fresh = await store.open(spec);
        expect([fresh.have.count, fresh.complete]).toEqual([0, false]);
        await fresh.close();
      }
    });

    it('refuses everything after it was closed, and closes as often as it is asked', async () => {
      const document = await store.open(spec);
      await writePieces(document, sample, [0]);
      await Promise.all([document.close(), document.close()]);
      expect(await codeOf(document.read(0, 1))).toBe('PIECE_NOT_HERE');
      const attempts = [
        document.write(1, pieceOf(sample, 1)),
        document.forget(0),
        document.finish(),
        document.remove(),
        document.verify(() => true),
      ];
      for (const attempt of attempts) expect(await codeOf(attempt)).toBe('WRONG_STATE');
    });

    it('waits with closing for what is under way', async () => {
      const document = await store.open(spec);
      const writes = [0, 1, 2].map((piece) => document.write(piece, pieceOf(sample, piece)));
      await document.close();
      await Promise.all(writes);
      expect([...(await store.open(spec)).have]).toEqual([0, 1, 2]);
    });
  });
}
