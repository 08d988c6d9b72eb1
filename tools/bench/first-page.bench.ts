import { join } from 'node:path';
import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import type { PeerClient } from '../local-swarm/peer.client.ts';
import { withTemporarySwarm } from '../local-swarm/temporary-swarm.ts';
import { type Bench, type Measurement, median } from './bench.ts';
import { writeBigDocument } from './big-document.ts';
import { type FirstPage, type LatePage, limitUpload, readFirstPage, readLatePage } from './first-page.ts';
import { atMost } from './target.ts';

const HOSTS = 4;
const RATE = 4_194_304;
/** Pages, and mebibytes, of the book. */
const PAGES = 100;
const RUNS = 3;
const INSPECTION_LIMIT_MS = 120_000;
const MOST_PERCENT = 2;
/** Why the figure may be above the one percent that the page is. */
const WHAT_COMES_TOO = 'the page is 1 %; looked up over HTTP, so a little late';
/** A page that no host has come to within this time, in milliseconds, when each began somewhere else. */
const LATE_PAGE = 30;
const LATE_MS = 2_000;

/** A page of a large book that is wanted before the book is there. */
export const firstPageBench: Bench = {
  name: 'page',
  about:
    'a page of a book of 100 MiB from 4 hosts of 4 MiB/s each, wanted at once or while others are coming: what has come when it is there',
  run: (tell) => withTemporarySwarm(HOSTS + 1, (swarm, folder) => measure(swarm, folder, tell)),
};

async function measure(swarm: LocalSwarm, folder: string, tell: (line: string) => void): Promise<Measurement[]> {
  const path = join(folder, 'book.pdf');
  await writeBigDocument(path, PAGES);
  const hosts = Array.from({ length: HOSTS }, (_, index) => swarm.peer(index + 1));
  for (const host of hosts) await limitUpload(host, RATE);
  const [document] = await Promise.all(hosts.map((host) => host.addInspected('book.pdf', path, INSPECTION_LIMIT_MS)));
  const id = document?.id as string;
  const reader = swarm.peer(HOSTS + 1);
  const results: Measurement[] = [];
  for (const page of [1, PAGES / 2]) {
    const runs: FirstPage[] = [];
    for (let round = 1; round <= RUNS; round++) {
      const run = await readFirstPage(reader, id, page);
      runs.push(run);
      tell(
        `page ${page}, round ${round}: here after ${run.percentHere.toFixed(2)} % and ${run.hereSeconds.toFixed(2)} s, shown after ${run.shownSeconds.toFixed(2)} s`,
      );
      await reader.remove(id);
    }
    const percents = runs.map(({ percentHere }) => percentHere);
    results.push(
      {
        what: `page ${page} is here after`,
        unit: '% of bytes',
        runs: percents,
        note: `${atMost(median(percents), MOST_PERCENT, '%')}; ${WHAT_COMES_TOO}`,
      },
      {
        what: `page ${page} is shown after`,
        unit: '% of bytes',
        runs: runs.map(({ percentShown }) => percentShown),
        note: 'the other pages go on coming',
      },
      { what: `page ${page} is here after`, unit: 's', runs: runs.map(({ hereSeconds }) => hereSeconds) },
      { what: `page ${page} is shown after`, unit: 's', runs: runs.map(({ shownSeconds }) => shownSeconds) },
    );
  }
  return [...results, ...(await measureLate(reader, id, tell))];
}

async function measureLate(reader: PeerClient, id: string, tell: (line: string) => void): Promise<Measurement[]> {
  const runs: LatePage[] = [];
  for (let round = 1; round <= RUNS; round++) {
    const run = await readLatePage(reader, id, LATE_PAGE, LATE_MS);
    runs.push(run);
    tell(
      `page ${LATE_PAGE} after ${LATE_MS / 1_000} s, round ${round}: here after another ${run.percentMeanwhile.toFixed(2)} % and ${run.hereSeconds.toFixed(2)} s`,
    );
    await reader.remove(id);
  }
  const what = `page ${LATE_PAGE}, wanted after ${LATE_MS / 1_000} s, is here`;
  return [
    { what, unit: '% of bytes', runs: runs.map(({ percentMeanwhile }) => percentMeanwhile), note: 'that came since it was wanted' },
    { what, unit: 's', runs: runs.map(({ hereSeconds }) => hereSeconds), note: 'since it was wanted' },
  ];
}
