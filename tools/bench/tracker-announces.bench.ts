import { SeededRandom } from '@pageswarm/primitives';
import { type Contender, startBittorrentTracker, startBlindAnswerer, startOpentracker, startPageSwarm } from './announce-contenders.ts';
import { ANNOUNCE_CROWDS, type AnnounceCrowd } from './announce-crowd.ts';
import { fillOverUdp, loadHttp, loadUdp } from './announce-load.ts';
import { type Bench, type Measurement, median } from './bench.ts';
import { cpuSeconds } from './rival.ts';

const ROUNDS = 5;
const LOAD_MS = 1_500;
/** Smaller swarms are filled by the round that warms the code. */
const FEW_PEERS = 10;
const MICROSECONDS = 1_000_000;

type Way = 'HTTP, kept' | 'HTTP, closed' | 'UDP';

/** What was asked of us, against whom: how many times as many announces for the same CPU. */
const TARGETS: readonly { way: Way; rival: string; rivalWay: Way; crowd: number; least: number }[] = [
  { way: 'HTTP, kept', rival: 'bittorrent-tracker', rivalWay: 'HTTP, kept', crowd: 0, least: 2 },
  { way: 'HTTP, kept', rival: 'bittorrent-tracker', rivalWay: 'HTTP, kept', crowd: 1, least: 10 },
  // opentracker closes after each answer, so its connections are never kept.
  { way: 'HTTP, kept', rival: 'opentracker', rivalWay: 'HTTP, closed', crowd: 0, least: 1 },
  { way: 'HTTP, kept', rival: 'opentracker', rivalWay: 'HTTP, closed', crowd: 1, least: 1 },
  { way: 'UDP', rival: 'opentracker', rivalWay: 'UDP', crowd: 0, least: 0.5 },
  { way: 'UDP', rival: 'opentracker', rivalWay: 'UDP', crowd: 1, least: 0.5 },
  { way: 'UDP', rival: 'bittorrent-tracker', rivalWay: 'UDP', crowd: 1, least: 20 },
];
/** CPU of one announce, in microseconds, on the machine and in the run that the targets come from; for where it is not installed. */
const EARLIER = { opentracker: { 'HTTP, closed': 27, UDP: 6.8 } } as const;

/** CPU of announces beside other trackers. */
export const announcesBench: Bench = {
  name: 'tracker-announces',
  about: 'announces over HTTP and UDP: CPU of one, beside bittorrent-tracker and opentracker',
  run: measureAnnounces,
};

/**
 * CPU of one announce, user and system, of each tracker's own process; every round asks all of them in turn. The swarms
 * are filled before.
 */
async function measureAnnounces(tell: (line: string) => void): Promise<Measurement[]> {
  const contenders = await startAll(tell);
  const costs = new Map<string, number[]>();
  try {
    for (const crowd of ANNOUNCE_CROWDS.filter(({ peers }) => peers > FEW_PEERS))
      for (const { name, udp } of contenders) {
        await fillOverUdp(udp, crowd);
        tell(`announces: ${name} knows ${crowd.name}`);
      }
    for (let round = 0; round <= ROUNDS; round++) {
      for (const crowd of ANNOUNCE_CROWDS)
        for (const contender of contenders)
          for (const way of waysOf(contender)) {
            const cost = await costOf(contender, way, crowd, round);
            // The first round only warms the code.
            if (round > 0) add(costs, lineOf(contender.name, way, crowd), cost);
          }
      tell(round === 0 ? 'announces: warmed up' : `announces: round ${round} of ${ROUNDS}`);
    }
  } finally {
    for (const contender of contenders) await contender.end();
  }
  return [...[...costs].map(([what, runs]) => ({ what, unit: 'us CPU', runs })), ...TARGETS.map((target) => ratio(target, costs))];
}

async function startAll(tell: (line: string) => void): Promise<Contender[]> {
  const rivals = await Promise.all([startBittorrentTracker(), startOpentracker()]);
  for (const [n, name] of ['bittorrent-tracker', 'opentracker'].entries()) if (!rivals[n]) tell(`${name} is not installed here`);
  return [await startPageSwarm(), ...rivals.filter((rival) => rival !== undefined), await startBlindAnswerer()];
}

function waysOf({ closes, isUdpOnly }: Contender): Way[] {
  if (isUdpOnly) return ['UDP'];
  return closes ? ['HTTP, closed', 'UDP'] : ['HTTP, kept', 'HTTP, closed', 'UDP'];
}

async function costOf({ pid, http, udp }: Contender, way: Way, crowd: AnnounceCrowd, seed: number): Promise<number> {
  const random = new SeededRandom(seed);
  const before = (await cpuSeconds([pid])) ?? Number.NaN;
  const answered =
    way === 'UDP' ? await loadUdp(udp, crowd, random, LOAD_MS) : await loadHttp(http, crowd, random, LOAD_MS, way === 'HTTP, kept');
  const after = (await cpuSeconds([pid])) ?? Number.NaN;
  return ((after - before) * MICROSECONDS) / answered;
}

function ratio(
  { way, rival, rivalWay, crowd, least }: (typeof TARGETS)[number],
  costs: ReadonlyMap<string, readonly number[]>,
): Measurement {
  const { name } = ANNOUNCE_CROWDS[crowd] as AnnounceCrowd;
  const ours = costs.get(lineOf('PageSwarm', way, ANNOUNCE_CROWDS[crowd] as AnnounceCrowd)) ?? [];
  const theirs = costs.get(lineOf(rival, rivalWay, ANNOUNCE_CROWDS[crowd] as AnnounceCrowd));
  const what = `${way}, ${name}: announces for the CPU of one of ${rival}${rivalWay === way ? '' : ` (${rivalWay})`}`;
  if (theirs) {
    const runs = ours.map((own, n) => (theirs[n] as number) / own);
    const floor = costs.get(lineOf('node:dgram, answering blindly', way, ANNOUNCE_CROWDS[crowd] as AnnounceCrowd));
    const other = costs.get(lineOf('opentracker', way, ANNOUNCE_CROWDS[crowd] as AnnounceCrowd));
    const times = (costs: readonly number[]) => `${(median(theirs) / median(costs)).toFixed(1)} x`;
    const inC = other && rival !== 'opentracker' ? `, opentracker in C ${times(other)}` : '';
    const most = way === 'UDP' && floor ? `; node:dgram alone would be ${times(floor)}${inC}` : '';
    return { what, unit: 'x', runs, note: `${verdict(median(runs), least)}, target ${least} x${most}` };
  }
  const earlier = rival === 'opentracker' ? EARLIER.opentracker[rivalWay as 'UDP'] : Number.NaN;
  const runs = ours.map((own) => earlier / own);
  return { what, unit: 'x', runs, note: `${rival} is not installed: against ${earlier} us of an earlier run; target ${least} x` };
}

function verdict(found: number, least: number): string {
  return found >= least ? 'met' : 'MISSED';
}

function lineOf(name: string, way: Way, crowd: AnnounceCrowd): string {
  return `${way}, ${crowd.name}: ${name}`;
}

function add(costs: Map<string, number[]>, line: string, cost: number): void {
  const runs = costs.get(line);
  if (runs) runs.push(cost);
  else costs.set(line, [cost]);
}
