import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resultLine } from '../../tools/corpus/corpus-report.ts';
import { type CorpusResult, runCorpus } from '../../tools/corpus/corpus-run.ts';
import { summarize } from '../../tools/corpus/corpus-summary.ts';
import { type CorpusFile, findCorpus, readManifest } from '../../tools/corpus/manifest.ts';
import { PageLooks } from '../../tools/corpus/page-looks.ts';
import { ViewCheckers } from '../../tools/corpus/view-checkers.ts';
import { LocalSwarm } from '../../tools/local-swarm/local-swarm.ts';
import { findFreeBasePort } from '../../tools/local-swarm/ports.ts';

const folder = findCorpus();
const obstacle = folder ? undefined : 'there is no corpus folder beside the checkout, and PAGESWARM_CORPUS is not set';
const whenThere = obstacle ? describe.skip : describe;

/**
 * Describes how files of the corpus fare in a swarm of three peers.
 * @param choose which of all files
 * @param fewest that it must have found
 */
export function describeCorpusJourney(choose: (all: readonly CorpusFile[]) => CorpusFile[], fewest: number): void {
  // The names of a suite that is skipped as a whole are not printed.
  if (obstacle) process.stderr.write(`The corpus test is skipped: ${obstacle}\n`);

  whenThere(`a corpus of real and broken PDFs${obstacle ? ` (skipped: ${obstacle})` : ''}`, () => {
    const files = folder ? choose(readManifest(folder)) : [];
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

    it(`is represented by at least ${fewest} files`, () => {
      expect(results.length).toBeGreaterThanOrEqual(fewest);
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
      expect(views['together equal']).toBeGreaterThan(fewest / 4);
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
}
