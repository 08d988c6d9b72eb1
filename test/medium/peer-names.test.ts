import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_NAME_LENGTH } from '@pageswarm/contracts';
import { noisePdf, TemporaryFolders } from '@pageswarm/testing';
import { RunningPeer } from './running-peer.ts';

const folders = new TemporaryFolders();
let peer: RunningPeer;
let seed = 1000;

/** A small PDF that no other test has. */
const freshPdf = () => noisePdf({ pages: 2, pageBytes: 10_000, seed: ++seed });
const content = async (id: string) => (await peer.get(`documents/${id}/content`)).bytes;

async function filesUnder(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

beforeAll(async () => {
  peer = await RunningPeer.start(join(await folders.make('peer'), 'data'));
});

afterAll(async () => {
  await peer.stop();
  await folders.remove();
});

describe('a hostile name', () => {
  const long = `${'á'.repeat(300)}.pdf`;
  it.each([
    ['../../outside.pdf', 'outside.pdf'],
    ['/etc/outside.pdf', 'outside.pdf'],
    ['..\\..\\outside2.pdf', 'outside2.pdf'],
    ['C:\\outside3.pdf', 'outside3.pdf'],
    ['..', expect.any(String)],
    ['.', expect.any(String)],
    ['.pdf', '.pdf'],
    ['   ', 'document.pdf'],
    ['a\x00b\x1b[31mc\x7f.pdf', expect.stringMatching(/^[^\p{Cc}]+\.pdf$/u)],
    ['CON.pdf', 'CON.pdf'],
    ['café Física.pdf'.normalize('NFD'), 'café Física.pdf'.normalize('NFC')],
    ['日本語のPDF.pdf', '日本語のPDF.pdf'],
    [long, long],
    ['x'.repeat(2_000), 'x'.repeat(MAX_NAME_LENGTH)],
    ['a%2e%2e%2fb.pdf', expect.any(String)],
    ['gpj.evil\u202efdp.exe', expect.any(String)],
  ])('%j never leaves the folder, and the bytes stay whole', async (name, shown) => {
    const bytes = freshPdf();
    const outside = await filesUnder(dirname(peer.dataDir));
    const document = await peer.add(name, bytes);
    expect(document.name).toEqual(shown);
    expect((await content(document.id)).equals(bytes)).toBe(true);
    const fresh = (await filesUnder(dirname(peer.dataDir))).filter((path) => !outside.includes(path));
    expect(fresh.length).toBeGreaterThan(0);
    for (const path of fresh) expect(path.startsWith('data/')).toBe(true);
    const stored = fresh.filter((path) => path.endsWith('.pdf'));
    expect(stored).toHaveLength(1);
    expect((await readFile(join(dirname(peer.dataDir), stored[0] as string))).equals(bytes)).toBe(true);
  });
});
