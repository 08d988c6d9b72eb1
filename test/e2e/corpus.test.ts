import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resultLine } from '../../tools/corpus/corpus-report.ts';
import { type CorpusResult, runCorpus } from '../../tools/corpus/corpus-run.ts';
import { summarize } from '../../tools/corpus/corpus-summary.ts';
import { findCorpus, readManifest } from '../../tools/corpus/manifest.ts';
import { PageLooks } from '../../tools/corpus/page-looks.ts';
import { ViewCheckers } from '../../tools/corpus/view-checkers.ts';
import { LocalSwarm } from '../../tools/local-swarm/local-swarm.ts';
import { findFreeBasePort } from '../../tools/local-swarm/ports.ts';

/** Every kind of file once: manuals, long ones, linearized, encrypted, object streams, increments, junk, and broken ones. */
const REPRESENTATIVE = [
  'docs/develop.pdf',
  'docs/maint-guide__maint-guide.en.pdf',
  'docs/manual__R-intro.pdf',
  'docs/refcard-nf.pdf',
  'docs/texlive-doc__latex__beamer__beameruserguide.pdf',
  'made/text1000_enc256.pdf',
  'made/text1000_incr2.pdf',
  'made/text1000_junkhead.pdf',
  'made/text1000_lin.pdf',
  'made/text1000_objstm.pdf',
];
/** Of the small and strange ones every so many is taken. */
const STRIDE = 20;

const folder = findCorpus();
const obstacle = folder ? undefined : 'there is no corpus folder beside the checkout, and PAGESWARM_CORPUS is not set';
const whenThere = obstacle ? describe.skip : describe;
// The names of a suite that is skipped as a whole are not printed.
if (obstacle) process.stderr.write(`The corpus test is skipped: ${obstacle}\n`);

whenThere(`a corpus of real and broken PDFs${obstacle ? ` (skipped: ${obstacle})` : ''}`, () => {
  const all = folder ? readManifest(folder) : [];
  const files = [
    ...all.filter(({ file }) => REPRESENTATIVE.includes(file)),
    ...all.filter(({ file }) => /^(pdfjs|qpdf|other)\//.test(file)).filter((_, index) => index % STRIDE === 0),
  ];
  let dataDir: string;
  let swarm: LocalSwarm;
  const looks = new PageLooks();
  let checkers: ViewCheckers;
  let died: Error | undefined;
  let results: CorpusResult[];

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'pageswarm-corpus-test-'));
    swarm = new LocalSwarm({ peers: 3, basePort: await findFreeBasePort(3), dataDir });
    await swarm.start();
    void swarm.unexpectedEnd.then((error) => {
      died = error;
    });
    checkers = await ViewCheckers.find();
    results = await runCorpus(swarm, files, () => {}, { looks, checkers });
  }, 240_000);
  afterAll(async () => {
    looks.close();
    await checkers.close();
    await swarm.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it('is represented by at least twenty files', () => {
    expect(results.length).toBeGreaterThanOrEqual(20);
  });

  it('arrives byte for byte wherever it is accepted, and no other file fails but by a refusal with a code', () => {
    const wrong = results.filter(({ outcome, md5Equal }) => outcome.kind === 'failed' || (outcome.kind === 'accepted' && !md5Equal));
    expect(wrong.map(resultLine)).toEqual([]);
    expect(results.filter(({ outcome }) => outcome.kind === 'accepted').length).toBeGreaterThan(results.length / 2);
  });

  it('has as many pages as poppler counts, for every file that both can read', () => {
    expect(results.filter(({ pages }) => pages === 'different').map(resultLine)).toEqual([]);
    expect(summarize(results).pages.equal).toBeGreaterThan(0);
  });

  it('shows sampled pages as they are in the original, one by one and together, and leaves nothing to complain about', () => {
    const isWrong = ({ views }: CorpusResult) =>
      views &&
      ((views.together ?? 'equal') !== 'equal' ||
        [views.text, views.pixels, views.refused, views.complaints].some((pages) => pages.length > 0));
    expect(results.filter(isWrong).map(resultLine)).toEqual([]);
    const { views, faults } = summarize(results);
    expect(faults).toEqual([]);
    expect(views.equal).toBeGreaterThan(results.length / 2);
    expect(views['together equal']).toBeGreaterThan(5);
  });

  it('finds two hosts for each download and takes no byte twice', () => {
    const accepted = results.filter(({ outcome }) => outcome.kind === 'accepted');
    expect(accepted.filter(({ hosts }) => hosts !== 2).map(resultLine)).toEqual([]);
    const { wireBytes, fileBytes } = summarize(results);
    expect(wireBytes).toBeLessThanOrEqual(fileBytes * 1.02);
  });

  it('kills no process', () => {
    expect(died).toBeUndefined();
  });
});
