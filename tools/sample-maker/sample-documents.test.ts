import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PDFDocument } from 'pdf-lib';
import { FIELD_GUIDE, LEAFLET, PHYSICS, SAMPLE_DOCUMENTS, type SampleDocument } from './sample-documents.ts';

/** The built tool makes them, as people run it: the same code takes ten times as long inside the test runner's sandbox. */
const TOOL = join(import.meta.dirname, '../../build/tools/sample-maker.js');

describe('sample documents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pageswarm-samples-'));
  beforeAll(() => void execFileSync(process.execPath, [TOOL, folder]), 60_000);
  afterAll(() => rmSync(folder, { recursive: true }));
  const bytesOf = (sample: SampleDocument) => readFileSync(join(folder, sample.fileName));

  it('are the same bytes on every run and every machine', () => {
    const sha256 = (sample: SampleDocument) => createHash('sha256').update(bytesOf(sample)).digest('hex');
    expect(Object.fromEntries(SAMPLE_DOCUMENTS.map((sample) => [sample.fileName, sha256(sample)]))).toEqual({
      'A Field Guide to Swarms.pdf': '13014e66012ba2d5d7b3d22e619d7f5b57085d37c06fc5ca5fbeae042234047a',
      'Física para Principiantes.pdf': 'ddb122d17e58a40a15287f0ae6761acc33bb0724ed1c1884a3940b51a91311cf',
      'Leaflet.pdf': '644de42921fbbc348d8b64598c32741c73157e344edfc7317698240a35c395f1',
    });
  });

  it('are all that the tool leaves in its folder', () => {
    expect(readdirSync(folder).sort()).toEqual(SAMPLE_DOCUMENTS.map(({ fileName }) => fileName).sort());
  });

  it('hold the pages that they state', async () => {
    for (const sample of SAMPLE_DOCUMENTS) {
      const document = await PDFDocument.load(bytesOf(sample), { updateMetadata: false });
      expect([sample.fileName, document.getPageCount()]).toEqual([sample.fileName, sample.pages]);
    }
  }, 30_000);

  it('have one that is long and big enough to be worth splitting', () => {
    expect(FIELD_GUIDE.pages).toBeGreaterThanOrEqual(100);
    expect(bytesOf(FIELD_GUIDE).length).toBeGreaterThan(5_000_000);
  });

  it('come with classic objects and with object streams', () => {
    const holdsObjectStreams = (sample: SampleDocument) => bytesOf(sample).includes('/ObjStm');
    expect(holdsObjectStreams(PHYSICS)).toBe(true);
    expect(holdsObjectStreams(FIELD_GUIDE)).toBe(false);
    expect(holdsObjectStreams(LEAFLET)).toBe(false);
  });
});
