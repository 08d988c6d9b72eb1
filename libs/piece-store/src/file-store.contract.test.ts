import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileStore } from './file-store.ts';
import { describePieceStore } from './piece-store.contract.ts';

describePieceStore('FileStore', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'pageswarm-store-'));
  const directory = join(folder, 'data');
  return {
    store: new FileStore({ directory }),
    folder,
    reopen: async () => new FileStore({ directory }),
    cleanUp: () => rm(folder, { recursive: true }),
  };
});
