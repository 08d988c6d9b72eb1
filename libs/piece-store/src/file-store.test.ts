import { EventEmitter, once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { isPageSwarmError } from '@pageswarm/primitives';
import { type Faults, FaultyFileOperations } from './faulty-file-operations.ts';
import { MODIFICATION_TOLERANCE_MS } from './file-document-opener.ts';
import { type FileOperations, NodeFileOperations, type OpenFlags } from './file-operations.ts';
import { FileStore } from './file-store.ts';
import { codeOf, pieceOf, sampleDocument, writePieces } from './piece-store.contract.ts';

describe('FileStore', () => {
  const sample = sampleDocument('alpha');
  const { spec, bytes } = sample;
  const ALL = [0, 1, 2, 3, 4];
  let directory: string;
  let stores: FileStore[];
  const incoming = (file = '') => join(directory, 'incoming', file);
  const documents = (file = '') => join(directory, 'documents', file);
  const part = () => incoming(`${spec.documentId}.part`);
  const isRight = (piece: number, pieceBytes: Uint8Array) => Buffer.from(pieceBytes).equals(pieceOf(sample, piece));

  function storeOf(options: { bootId?: string; faults?: Faults; maxOpenFiles?: number } = {}): FileStore {
    const { faults, ...rest } = options;
    const operations = faults && new FaultyFileOperations(new NodeFileOperations(), faults);
    const store = new FileStore({ directory, operations, ...rest });
    stores.push(store);
    return store;
  }

  /** Leaves the files as a killed process leaves them: nothing is closed. */
  async function killedAfterWriting(pieces: number[], bootId = 'boot-1'): Promise<void> {
    await writePieces(await storeOf({ bootId }).open(spec), sample, pieces);
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'pageswarm-store-'));
    stores = [];
  });

  afterEach(async () => {
    await Promise.allSettled(stores.map((store) => store.close()));
    await rm(directory, { recursive: true });
  });

  describe('keeps its folder', () => {
    it('with partial documents under their id and finished ones under their name', async () => {
      const document = await storeOf().open(spec);
      await writePieces(document, sample, ALL);
      expect(await readdir(incoming())).toEqual([`${spec.documentId}.have`, `${spec.documentId}.part`]);
      expect(document.path).toBeUndefined();
      await document.finish();
      expect(await readdir(documents())).toEqual(['alpha.pdf']);
      expect(document.path).toBe(documents('alpha.pdf'));
      expect(Buffer.from(await readFile(documents('alpha.pdf'))).equals(bytes)).toBe(true);
      expect(existsSync(part())).toBe(false);
    });

    it('from names that want to leave it', async () => {
      const hostile = ['../../../escape.pdf', '/etc/cron.d/x', '..\\..\\x', 'a/b/c.pdf', '..', '.', '.bashrc', 'nul\0.pdf'];
      for (const [index, name] of hostile.entries()) {
        const other = sampleDocument(`hostile ${index}`, 2, name);
        const document = await storeOf().open(other.spec);
        await writePieces(document, other, [0, 1]);
        await document.finish();
        expect(document.path?.startsWith(documents())).toBe(true);
        expect(await codeOf(storeOf().open(other.spec, { fileName: name }))).toMatch(/INVALID_REQUEST|STORE_FAILED/);
      }
      expect((await readdir(documents())).length).toBe(hostile.length);
      expect((await readdir(directory)).sort()).toEqual(['documents', 'incoming']);
    });

    it('and never replaces a file that is there, be it a dead link', async () => {
      await mkdir(documents(), { recursive: true });
      await writeFile(documents('alpha.pdf'), 'mine');
      await symlink('/nonexistent', documents('alpha (2).pdf'));
      const document = await storeOf().open(spec);
      await writePieces(document, sample, ALL);
      await document.finish();
      expect(document.fileName).toBe('alpha (3).pdf');
      expect(await readFile(documents('alpha.pdf'), 'utf8')).toBe('mine');
    });

    it('where there are no hard links too', async () => {
      await mkdir(documents(), { recursive: true });
      await writeFile(documents('alpha.pdf'), 'mine');
      const document = await storeOf({ faults: { linkErrno: 'EPERM' } }).open(spec);
      await writePieces(document, sample, ALL);
      await document.finish();
      expect(document.fileName).toBe('alpha (2).pdf');
      expect(Buffer.from(await readFile(documents('alpha (2).pdf'))).equals(bytes)).toBe(true);
      expect([await readFile(documents('alpha.pdf'), 'utf8'), existsSync(part())]).toEqual(['mine', false]);
    });

    it('when many documents of one name finish at once', async () => {
      const store = storeOf({ maxOpenFiles: 4 });
      const samples = Array.from({ length: 12 }, (_, index) => sampleDocument(`same ${index}`, 2, 'same.pdf'));
      const opened = await Promise.all(samples.map((each) => store.open(each.spec)));
      await Promise.all(opened.map((document, index) => writePieces(document, samples[index] as typeof sample, [0, 1])));
      await Promise.all(opened.map((document) => document.finish()));
      expect(new Set(opened.map(({ fileName }) => fileName)).size).toBe(12);
      for (const [index, document] of opened.entries())
        expect(Buffer.from(await readFile(document.path as string)).equals((samples[index] as typeof sample).bytes)).toBe(true);
      expect(store.openFileCount).toBeLessThanOrEqual(4);
    });
  });

  describe('after the process was killed', () => {
    it('resumes at once in the same boot of the system', async () => {
      await killedAfterWriting([0, 2]);
      const document = await storeOf({ bootId: 'boot-1' }).open(spec);
      expect([document.needsVerification, ...document.have]).toEqual([false, 0, 2]);
    });

    it('trusts nothing after another boot until it is verified', async () => {
      await killedAfterWriting([0, 2]);
      const file = await open(part(), 'r+');
      await file.write(Buffer.from('rot'), 0, 3, 2048);
      await file.close();
      const document = await storeOf({ bootId: 'boot-2' }).open(spec);
      expect([document.needsVerification, document.have.count]).toEqual([true, 0]);
      expect(await codeOf(document.read(0, 1))).toBe('PIECE_NOT_HERE');
      expect(await document.verify(isRight)).toBe(1);
      expect([document.needsVerification, ...document.have]).toEqual([false, 0]);
      const again = await storeOf({ bootId: 'boot-2' }).open(spec);
      expect([again.needsVerification, ...again.have]).toEqual([false, 0]);
    });

    it('goes on needing verification when it is killed before that is done', async () => {
      await killedAfterWriting([0, 2]);
      await writePieces(await storeOf({ bootId: 'boot-2' }).open(spec), sample, [3]);
      const document = await storeOf({ bootId: 'boot-2' }).open(spec);
      expect(document.needsVerification).toBe(true);
      expect(await document.verify(isRight)).toBe(0);
      expect([...document.have]).toEqual([0, 2, 3]);
    });

    it('goes on needing verification when it is closed before that is done', async () => {
      await killedAfterWriting([0, 2]);
      const closed = await storeOf({ bootId: 'boot-2' }).open(spec);
      await writePieces(closed, sample, [3]);
      await closed.close();
      expect((await storeOf({ bootId: 'boot-2' }).open(spec)).needsVerification).toBe(true);
    });

    it('trusts nothing where boots cannot be told apart, unless it was closed cleanly', async () => {
      await killedAfterWriting([0], '');
      const killed = await storeOf({ bootId: '' }).open(spec);
      expect(killed.needsVerification).toBe(true);
      await killed.verify(isRight);
      await killed.close();
      const closed = await storeOf({ bootId: '' }).open(spec);
      expect([closed.needsVerification, ...closed.have]).toEqual([false, 0]);
    });

    it('trusts a clean close over another boot, and no longer once something was written', async () => {
      const store = storeOf({ bootId: 'boot-1' });
      await writePieces(await store.open(spec), sample, [0]);
      await store.close();
      const resumed = await storeOf({ bootId: 'boot-2' }).open(spec);
      expect([resumed.needsVerification, ...resumed.have]).toEqual([false, 0]);
      await writePieces(resumed, sample, [1]);
      expect((await storeOf({ bootId: 'boot-3' }).open(spec)).needsVerification).toBe(true);
    });

    it('trusts no file that was cut or touched meanwhile', async () => {
      await killedAfterWriting([0, 4]);
      await truncate(part(), 2000);
      const cut = await storeOf({ bootId: 'boot-1' }).open(spec);
      expect(cut.needsVerification).toBe(true);
      expect([await cut.verify(isRight), ...cut.have]).toEqual([1, 0]);
      expect((await stat(part())).size).toBe(spec.size);
      await writePieces(cut, sample, [4]);
      await cut.close();
      const later = (await stat(incoming(`${spec.documentId}.have`))).mtimeMs / 1000 + MODIFICATION_TOLERANCE_MS / 1000;
      await utimes(part(), later - 0.1, later - 0.1);
      const untouched = await storeOf({ bootId: 'boot-1' }).open(spec);
      expect(untouched.needsVerification).toBe(false);
      await untouched.close();
      await utimes(part(), later + 0.1, later + 0.1);
      expect((await storeOf({ bootId: 'boot-1' }).open(spec)).needsVerification).toBe(true);
    });

    it('finds its pieces again when the marks are lost, broken or of another piece length', async () => {
      for (const harm of [
        () => unlink(incoming(`${spec.documentId}.have`)),
        () => writeFile(incoming(`${spec.documentId}.have`), 'not a have file'),
        () => writeFile(incoming(`${spec.documentId}.have`), Buffer.alloc(517, 1)),
      ]) {
        await killedAfterWriting([1, 3]);
        await harm();
        const document = await storeOf({ bootId: 'boot-1' }).open(spec);
        expect([document.needsVerification, document.have.count]).toEqual([true, 0]);
        expect([await document.verify(isRight), ...document.have]).toEqual([3, 1, 3]);
        await document.remove();
      }
    });

    it('begins anew when only the marks are left', async () => {
      await killedAfterWriting([1, 3]);
      await unlink(part());
      const document = await storeOf({ bootId: 'boot-1' }).open(spec);
      expect([document.needsVerification, document.have.count]).toEqual([false, 0]);
    });
  });

  describe('with a finished document', () => {
    async function finished(): Promise<void> {
      const store = storeOf();
      const document = await store.open(spec);
      await writePieces(document, sample, ALL);
      await document.finish();
      await store.close();
    }

    it('finds it without the name, while its owner has not opened it by that', async () => {
      await finished();
      const document = await storeOf().open(spec);
      expect([document.complete, document.fileName]).toEqual([true, 'alpha.pdf']);
      expect(Buffer.from(await document.read(0, spec.size)).equals(bytes)).toBe(true);
      await document.close();
      await (await storeOf().open(spec, { fileName: 'alpha.pdf' })).close();
      expect(await readdir(incoming())).toEqual([]);
    });

    it('begins anew when that file was exchanged for one of another size', async () => {
      await finished();
      await truncate(documents('alpha.pdf'), 10);
      const document = await storeOf().open(spec);
      expect([document.complete, document.have.count]).toEqual([false, 0]);
      expect((await stat(documents('alpha.pdf'))).size).toBe(10);
    });

    it('reads it where it went when the move overtakes the opening of the file', async () => {
      const real = new NodeFileOperations();
      let reading: Promise<Uint8Array> | undefined;
      const events = new EventEmitter();
      const openingBegins = once(events, 'opening');
      const partIsGone = once(events, 'gone');
      const operations: FileOperations = Object.assign(new NodeFileOperations(), {
        open: async (path: string, flags: OpenFlags) => {
          if (reading && path === part()) {
            events.emit('opening');
            await partIsGone;
          }
          return real.open(path, flags);
        },
        link: async (from: string, to: string) => {
          await real.link(from, to);
          reading = document.read(100, 2000);
          await openingBegins;
        },
        unlink: async (path: string) => {
          await real.unlink(path);
          if (path === part()) events.emit('gone');
        },
      });
      // With one open file, the marks that are written before the move close the data file, so the read opens it again.
      const store = new FileStore({ directory, operations, maxOpenFiles: 1 });
      stores.push(store);
      const document = await store.open(spec);
      await writePieces(document, sample, ALL);
      await document.finish();
      expect(Buffer.from((await reading) as Uint8Array).equals(bytes.subarray(100, 2100))).toBe(true);
    });

    it('says what is wrong when the file is gone or has another size', async () => {
      await finished();
      await truncate(documents('alpha.pdf'), 10);
      await expect(storeOf().open(spec, { fileName: 'alpha.pdf' })).rejects.toThrow(/has 10 bytes instead of 5020/);
      await unlink(documents('alpha.pdf'));
      await expect(storeOf().open(spec, { fileName: 'alpha.pdf' })).rejects.toThrow(/"alpha.pdf" is missing/);
    });

    it('reports a file that was cut while it was served', async () => {
      const document = await storeOf().open(spec);
      await writePieces(document, sample, ALL);
      await document.finish();
      await truncate(documents('alpha.pdf'), 10);
      await expect(document.read(0, 100)).rejects.toThrow(/shorter than its size/);
      expect([await document.verify(isRight), document.have.count, document.complete]).toEqual([5, 0, false]);
    });

    it('takes back nothing from a write-protected file that it only reads', async () => {
      const source = join(directory, 'upload');
      await writeFile(source, bytes, { mode: 0o444 });
      const document = await storeOf().adopt(spec, source);
      expect(Buffer.from(await document.read(0, spec.size)).equals(bytes)).toBe(true);
    });

    it('adopts a file that lies among the documents already without losing it', async () => {
      await mkdir(documents(), { recursive: true });
      await writeFile(documents('alpha.pdf'), bytes);
      const document = await storeOf().adopt(spec, documents('alpha.pdf'));
      expect([document.fileName, existsSync(documents('alpha.pdf'))]).toEqual(['alpha.pdf', true]);
    });

    it('adopts a file from another file system', async () => {
      const source = join(directory, 'upload');
      await writeFile(source, bytes);
      const real = new NodeFileOperations();
      const operations = Object.assign(new NodeFileOperations(), {
        link: (from: string, to: string) =>
          from === source ? Promise.reject(Object.assign(new Error('EXDEV'), { code: 'EXDEV' })) : real.link(from, to),
      });
      const store = new FileStore({ directory, operations });
      stores.push(store);
      const document = await store.adopt(spec, source);
      expect(Buffer.from(await document.read(0, spec.size)).equals(bytes)).toBe(true);
      expect([existsSync(source), await readdir(incoming())]).toEqual([false, []]);
    });
  });

  describe('when the disk fails', () => {
    it('says that it is full, keeps what fitted, and goes on when there is room', async () => {
      const faults: Faults = {};
      const document = await storeOf({ faults }).open(spec);
      await writePieces(document, sample, [0]);
      faults.bytesLeft = 1500;
      await document.write(1, pieceOf(sample, 1));
      expect(await codeOf(document.write(2, pieceOf(sample, 2)))).toBe('STORE_FULL');
      expect([...document.have]).toEqual([0, 1]);
      faults.bytesLeft = undefined;
      await writePieces(document, sample, [2, 3, 4]);
      await document.finish();
      expect(Buffer.from(await readFile(document.path as string)).equals(bytes)).toBe(true);
    });

    it('says that it is full before a document begins', async () => {
      expect(await codeOf(storeOf({ faults: { bytesLeft: 100 } }).open(spec))).toBe('STORE_FULL');
      expect((await storeOf().open(spec)).have.count).toBe(0);
    });

    it('writes on where the system cut a write short', async () => {
      const document = await storeOf({ faults: { maxWriteBytes: 100 } }).open(spec);
      await writePieces(document, sample, ALL);
      expect(Buffer.from(await document.read(0, spec.size)).equals(bytes)).toBe(true);
      await document.finish();
    });

    it.each([
      ['EDQUOT', 'STORE_FULL'],
      ['EIO', 'STORE_FAILED'],
      ['EROFS', 'STORE_FAILED'],
    ])('answers %s with %s and keeps the cause', async (errno, code) => {
      // biome-ignore format: one line
      const faults: Faults = {};
      const document = await storeOf({ faults }).open(spec);
      await writePieces(document, sample, [0]);
      faults.writeErrno = errno;
      const failure = await document.write(1, pieceOf(sample, 1)).catch((error: unknown) => error);
      expect(isPageSwarmError(failure) && failure.toShape()).toEqual({ code, detail: expect.stringContaining(errno) });
      expect((failure as Error).cause).toMatchObject({ code: errno });
      expect((failure as Error).message).not.toContain(directory);
      expect([...document.have]).toEqual([0]);
    });

    it('reports reads that fail', async () => {
      const faults: Faults = {};
      const document = await storeOf({ faults }).open(spec);
      await writePieces(document, sample, [0]);
      faults.readErrno = 'EIO';
      expect(await codeOf(document.read(0, 10))).toBe('STORE_FAILED');
      faults.readErrno = undefined;
      expect((await document.read(0, 10)).length).toBe(10);
    });

    it('marks no piece whose mark could not be written', async () => {
      const faults: Faults = {};
      const document = await storeOf({ faults, bootId: 'boot-1' }).open(spec);
      await writePieces(document, sample, [0]);
      faults.bytesLeft = 1024;
      expect(await codeOf(document.write(1, pieceOf(sample, 1)))).toBe('STORE_FULL');
      expect([...document.have]).toEqual([0]);
      faults.bytesLeft = undefined;
      await document.write(1, pieceOf(sample, 1));
      expect([...(await storeOf({ bootId: 'boot-1' }).open(spec)).have]).toEqual([0, 1]);
    });
  });

  it('shares more documents than it may have files open', async () => {
    const store = storeOf({ maxOpenFiles: 3 });
    const samples = Array.from({ length: 10 }, (_, index) => sampleDocument(`many ${index}`, 3));
    const opened = await Promise.all(samples.map((each) => store.open(each.spec)));
    await Promise.all(opened.map((document, index) => writePieces(document, samples[index] as typeof sample, [0, 1, 2])));
    await Promise.all(opened.slice(5).map((document) => document.finish()));
    const reads = await Promise.all([...opened, ...opened].map((document) => document.read(0, document.size)));
    for (const [index, read] of reads.entries()) expect(Buffer.from(read).equals((samples[index % 10] as typeof sample).bytes)).toBe(true);
    expect(store.openFileCount).toBeLessThanOrEqual(3);
    await store.close();
    expect(store.openFileCount).toBe(0);
    expect(await codeOf(store.open(spec))).toBe('WRONG_STATE');
  });

  it('reads and writes the same handle while pieces arrive in any order', async () => {
    const large = sampleDocument('large', 300);
    const document = await storeOf().open(large.spec);
    const order = Array.from({ length: 300 }, (_, index) => (index * 7) % 300);
    await Promise.all(
      order.map(async (piece) => {
        await document.write(piece, pieceOf(large, piece));
        const read = await document.read(piece * 1024, pieceOf(large, piece).length);
        expect(Buffer.from(read).equals(pieceOf(large, piece))).toBe(true);
      }),
    );
    expect(document.have.isFull).toBe(true);
  });
});
