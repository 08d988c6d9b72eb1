import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { takeIdentity } from './node-identity.ts';

describe('the identity of a node', () => {
  let dataDir: string;
  const lock = () => join(dataDir, 'node.lock');
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'pageswarm-identity-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  it('stays as long as the folder lives', async () => {
    const first = await takeIdentity(dataDir);
    await first.release();
    const second = await takeIdentity(dataDir);
    expect(second.peerId).toBe(first.peerId);
    expect(await readFile(lock(), 'utf8')).toBe(String(process.pid));
    await second.release();
  });

  it('is refused while a living process has the folder', async () => {
    await writeFile(lock(), String(process.ppid));
    await expect(takeIdentity(dataDir)).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringContaining(String(process.ppid)),
    });
  });

  it('is given when the holder is dead, also while nobody has noticed its death yet', async () => {
    // The shell puts a child into the background that ends at once, and never waits for it.
    const parent = spawn('sh', ['-c', 'true & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [output] = (await once(parent.stdout, 'data')) as [Buffer];
    const ended = Number(output.toString());
    await new Promise((resolve) => setTimeout(resolve, 100));
    await writeFile(lock(), String(ended));
    const { release } = await takeIdentity(dataDir);
    await release();
    parent.kill('SIGKILL');
    await once(parent, 'exit');
  });

  it('is not made up anew when its file is damaged', async () => {
    await writeFile(join(dataDir, 'node.json'), '{"peerId":"nobody"}');
    await expect(takeIdentity(dataDir)).rejects.toMatchObject({
      code: 'INVALID_CONFIGURATION',
      message: expect.stringContaining('node.json is damaged'),
    });
    await expect(readFile(lock())).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
