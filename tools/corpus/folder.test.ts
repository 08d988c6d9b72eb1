import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { TemporaryFolders } from '@pageswarm/testing';
import { popplerPages, readFolder } from './folder.ts';
import { sampledPages } from './page-views.ts';
import { WorkerMemory } from './worker-memory.ts';

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

describe('a folder without a table', () => {
  it('is every PDF below it, with the md5 of the bytes themselves', async () => {
    const folder = await folders.make('corpus');
    mkdirSync(join(folder, 'deep/er.pdf'), { recursive: true });
    writeFileSync(join(folder, 'deep/B.PDF'), 'abc');
    writeFileSync(join(folder, 'a.pdf'), '');
    writeFileSync(join(folder, 'notes.txt'), 'no PDF');
    const counted: string[] = [];
    const files = await readFolder(folder, async (path) => {
      counted.push(path);
      return path.endsWith('B.PDF') ? 7 : undefined;
    });
    expect(files).toEqual([
      { file: 'a.pdf', path: join(folder, 'a.pdf'), bytes: 0, md5: 'd41d8cd98f00b204e9800998ecf8427e', pages: undefined },
      { file: 'deep/B.PDF', path: join(folder, 'deep/B.PDF'), bytes: 3, md5: '900150983cd24fb0d6963f7d28e17f72', pages: 7 },
    ]);
    expect(counted).toHaveLength(2);
    expect((await readFolder(folder, undefined)).map(({ pages }) => pages)).toEqual([null, null]);
  });

  it('has files that poppler cannot open', async () => {
    const folder = await folders.make('broken');
    writeFileSync(join(folder, 'a.pdf'), 'no PDF');
    const count = await popplerPages();
    const [file] = await readFolder(folder, count);
    expect(file?.pages).toBe(count ? undefined : null);
  });
});

describe('what a corpus run looks at', () => {
  it('are the first page, the one in the middle and the last', () => {
    expect([1, 2, 3, 100].map(sampledPages)).toEqual([[1], [1, 2], [1, 2, 3], [1, 50, 100]]);
  });

  it('is the peak memory of a process, where the system tells it', () => {
    const memory = new WorkerMemory(process.pid);
    memory.stop();
    if (process.platform === 'linux') expect(memory.service).toBeGreaterThan(10_000_000);
    const gone = new WorkerMemory(2 ** 30);
    gone.stop();
    expect([gone.service, gone.largestChild]).toEqual([undefined, undefined]);
  });
});
