import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { MEMORY_STORE_BYTES, MemoryStore } from './memory-store.ts';
import { codeOf, describePieceStore, sampleDocument, writePieces } from './piece-store.contract.ts';

describePieceStore('MemoryStore', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pageswarm-store-'));
  const store = new MemoryStore();
  return { store, folder, reopen: async () => store, cleanUp: () => rm(folder, { recursive: true }) };
});

describe('MemoryStore', () => {
  it('is full at its limit, and has room again when something was removed', async () => {
    const sample = sampleDocument('alpha');
    const store = new MemoryStore({ maxBytes: 2048 });
    const document = await store.open(sample.spec);
    await writePieces(document, sample, [0, 1]);
    expect(await codeOf(writePieces(document, sample, [2]))).toBe('STORE_FULL');
    await document.forget(0);
    await writePieces(document, sample, [2]);
    expect([...document.have]).toEqual([1, 2]);
    await document.remove();
    await writePieces(await store.open(sample.spec), sample, [0, 1]);
    expect(MEMORY_STORE_BYTES).toBe(256 * 1024 * 1024);
  });
});
