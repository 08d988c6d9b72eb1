import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomInteger, SeededRandom } from '@pageswarm/primitives';
import { FileStore } from './file-store.ts';
import { KILLED_DOCUMENT, killedPiece } from './killed-document.fixture.ts';

/** How long the first process may write before it is killed, in milliseconds: the whole document needs some 200. */
const FIRST_LIFE_MS = 50;
/** How much longer each next one may: a slow machine gets done too. */
const LIFE_GROWTH_MS = 8;
const MAX_LIVES = 60;
const root = join(import.meta.dirname, '../../..');

describe('a file store whose process is killed with SIGKILL', () => {
  let folder: string;
  let child: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pageswarm-kill-'));
    child = join(folder, 'piece-writing.child.mjs');
    // Rolldown cannot run inside jest, so it is a process of its own.
    const entry = join(import.meta.dirname, 'piece-writing.child.ts');
    const bundling = spawnSync(process.execPath, [join(root, 'node_modules/rolldown/bin/cli.mjs'), entry, '-o', child, '--platform', 'node', '--format', 'esm'], { cwd: root, encoding: 'utf8' }); // biome-ignore format: one command
    if (bundling.status !== 0) throw new Error(`The child could not be bundled: ${bundling.stderr}`);
  }, 30_000);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** Lets a process write for a while and kills it. @returns the lines that it wrote */
  async function live(directory: string, seed: number, lifeMs: number): Promise<string[]> {
    const writer: ChildProcess = spawn(process.execPath, [child, directory, String(seed)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    let isBegun = false;
    writer.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (!isBegun && output.includes('\n')) {
        isBegun = true;
        setTimeout(() => writer.kill('SIGKILL'), lifeMs);
      }
    });
    await new Promise((resolve) => writer.on('close', resolve));
    // A line that the kill cut is no line.
    return output.split('\n').slice(0, -1);
  }

  it('has every piece that it told of and none that is wrong, however often', async () => {
    const seed = Number(process.env['PAGESWARM_TEST_SEED'] ?? Date.now() % 1_000_000);
    process.stdout.write(`seed of the kills: ${seed} (repeat with PAGESWARM_TEST_SEED)\n`);
    const random = new SeededRandom(seed);
    const directory = join(folder, 'data');
    const told = new Set<number>();
    let lives = 0;
    let fileName: string | undefined;
    while (fileName === undefined && lives < MAX_LIVES) {
      lives++;
      const lines = await live(directory, seed + lives, randomInteger(random, 0, FIRST_LIFE_MS + lives * LIFE_GROWTH_MS));
      expect(lines[0]).toBe('begun trusted');
      for (const line of lines) if (/^\d+$/.test(line)) told.add(Number(line));

      const store = new FileStore({ directory });
      const document = await store.open(KILLED_DOCUMENT);
      expect(document.needsVerification).toBe(false);
      for (const piece of told)
        if (!document.have.has(piece)) throw new Error(`Piece ${piece} was told of and is lost, seed ${seed}, life ${lives}`);
      for (const piece of document.have) {
        const expected = killedPiece(piece);
        const actual = await document.read(piece * KILLED_DOCUMENT.pieceLength, expected.length);
        if (!Buffer.from(actual).equals(expected)) throw new Error(`Piece ${piece} is marked and wrong, seed ${seed}, life ${lives}`);
      }
      fileName = document.fileName;
      if (fileName !== undefined) expect(document.complete).toBe(true);
      // Only what was written to is closed as clean, and this was only read: the next life finds what the killed one left.
      await store.close();
    }
    process.stdout.write(`${lives} lives until the document was finished\n`);
    expect(lives).toBeGreaterThan(1);
    expect(fileName).toBe('killed.pdf');
    const bytes = await readFile(join(directory, 'documents/killed.pdf'));
    expect(bytes.length).toBe(KILLED_DOCUMENT.size);
    for (let piece = 0; piece < 1500; piece++)
      if (!bytes.subarray(piece * 16_384, (piece + 1) * 16_384).equals(killedPiece(piece)))
        throw new Error(`Piece ${piece} is wrong in the finished file`);
  }, 60_000);
});
