import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PDFDocument } from 'pdf-lib';
import { RunningPeer } from './running-peer.ts';
import { startTestTracker } from './tracker-nodes.ts';

const KEY = 'a key for python as well';
const SCRIPT = new URL('../reference-client/swarm_client.py', import.meta.url).pathname;
const hasPython = spawnSync('python3', ['--version']).status === 0;
const inPython = hasPython ? describe : describe.skip;

function run(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile('python3', [SCRIPT, ...args], { timeout: 15_000 }, (error, stdout, stderr) => {
      resolve({ status: error ? Number(error.code ?? -1) : 0, stdout, stderr });
    });
  });
}

inPython(`a second implementation of docs/protocol.md${hasPython ? '' : ' (skipped: there is no python3)'}`, () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'pageswarm-python-'));
  let tracker: Awaited<ReturnType<typeof startTestTracker>>;
  let peer: RunningPeer;
  let address: string;
  let content: Buffer;

  beforeAll(async () => {
    tracker = await startTestTracker({ PAGESWARM_SWARM_KEY: KEY });
    address = `127.0.0.1:${tracker.transport.port}`;
    peer = await RunningPeer.start(dataDir, { PAGESWARM_TRACKERS: address, PAGESWARM_SWARM_KEY: KEY });
    const pdf = await PDFDocument.create();
    for (let page = 0; page < 300; page++) pdf.addPage().drawText(`Page ${page + 1} for a reader in Python`);
    content = Buffer.from(await pdf.save({ useObjectStreams: false }));
  });

  afterAll(async () => {
    await peer?.stop();
    await tracker?.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('joins a swarm with its key, lists the catalog and fetches one piece', async () => {
    const { id, size, pieceLength } = await peer.add('python.pdf', content);
    const deadline = performance.now() + 8_000;
    let list = await run('--key', KEY, 'list', address);
    while (list.stdout === '' && performance.now() < deadline) list = await run('--key', KEY, 'list', address);
    expect(JSON.parse(list.stdout)).toMatchObject({ id, name: 'python.pdf', size: content.length });
    const index = Math.floor(size / pieceLength);
    const piece = await run('--key', KEY, 'piece', address, id, String(index));
    const expected = content.subarray(index * pieceLength);
    expect(JSON.parse(piece.stdout)).toMatchObject({
      offset: index * pieceLength,
      bytes: expected.length,
      sha256: createHash('sha256').update(expected).digest('hex'),
    });
  });

  it('is told the code when it has another key, or none', async () => {
    for (const args of [['--key', 'the wrong key for this'], []]) {
      const { status, stderr, stdout } = await run(...args, 'list', address);
      expect({ status, stdout, stderr }).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('HANDSHAKE_FAILED') });
    }
  });

  it('is told the code of what a handler refuses', async () => {
    const { status, stderr } = await run('--key', KEY, 'piece', address, 'f'.repeat(64), '0');
    expect(status).toBe(1);
    expect(stderr).toMatch(/^(DOCUMENT_NOT_FOUND|NO_HOSTS)/);
  });
});
