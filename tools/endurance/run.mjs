// node tools/endurance/run.mjs fuzz [wire] [transport] [page-map] [torrent] [announce] [--seconds N] | soak [--minutes N] [--seed N] | endurance [NAME]...: what takes too long for npm test.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

const FUZZ_TARGETS = {
  wire: 'libs/wire/src/fuzz.test.ts',
  transport: 'libs/transport/src/fuzz.test.ts',
  'page-map': 'libs/page-map/src/mutation.test.ts',
  torrent: 'libs/torrent/src/fuzz.test.ts',
  announce: 'services/tracker/src/bittorrent/fuzz.test.ts',
};
const SOAK = 'libs/transport/src/soak.test.ts';
const ENDURANCE_FOLDER = 'test/endurance/';
/** Suites that compare what real processes take with what they should, or give them a second: they get the machine for themselves. */
const ALONE = ['pdf-worker-hostile.test.ts', 'simulation-reality.test.ts'];
const USAGE = [
  `npm run fuzz -- [${Object.keys(FUZZ_TARGETS).join('] [')}] [--seconds N]`,
  'npm run soak -- [--minutes N] [--seed N]',
  `npm run endurance -- [part of the name of a suite in ${ENDURANCE_FOLDER}]...`,
].join('\n');

/** A number above zero. @throws TypeError */
function above0(name, text) {
  const number = Number(text);
  if (!(number > 0)) throw new TypeError(`--${name} must be a number above 0, got "${text}"`);
  return number;
}

function plan() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '60' },
      minutes: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
    },
  });
  const [what, ...targets] = positionals;
  if (what === 'fuzz') {
    const unknown = targets.find((target) => !(target in FUZZ_TARGETS));
    if (unknown !== undefined) throw new TypeError(`There is no fuzz target "${unknown}"`);
    const files = (targets.length > 0 ? targets : Object.keys(FUZZ_TARGETS)).map((target) => FUZZ_TARGETS[target]);
    return { runs: [files], settings: { PAGESWARM_FUZZ_SECONDS: above0('seconds', values.seconds) } };
  }
  if (what === 'endurance') {
    return { runs: enduranceRuns(targets), settings: { PAGESWARM_ENDURANCE: 1 } };
  }
  if (what !== 'soak' || targets.length > 0) throw new TypeError('Fuzz, soak or endurance?');
  const settings = { PAGESWARM_SOAK_SECONDS: 60 * above0('minutes', values.minutes), PAGESWARM_SOAK_SEED: above0('seed', values.seed) };
  return { runs: [[SOAK]], settings };
}

/** The suites whose names contain one of `targets`, or all; each run is what may be under way together. */
function enduranceRuns(targets) {
  const asked = (name) => targets.length === 0 || targets.some((target) => name.includes(target));
  const suites = readdirSync(ENDURANCE_FOLDER).filter((name) => name.endsWith('.test.ts') && asked(name));
  if (suites.length === 0) throw new TypeError(`There is no suite of that name in ${ENDURANCE_FOLDER}`);
  const alone = suites.filter((name) => ALONE.includes(name));
  const together = suites.filter((name) => !ALONE.includes(name));
  return [...alone.map((name) => [name]), together]
    .filter((run) => run.length > 0)
    .map((run) => run.map((name) => ENDURANCE_FOLDER + name));
}

/** Runs jest on some files. @returns its exit code */
async function jest(files, settings) {
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '-w', '2'];
  const run = spawn(process.execPath, [...flags, ...files], { stdio: 'inherit', env: { ...process.env, ...settings } });
  const [code] = await once(run, 'exit');
  return code ?? 1;
}

try {
  const { runs, settings } = plan();
  for (const files of runs) process.exitCode = (await jest(files, settings)) || process.exitCode;
} catch (error) {
  process.stderr.write(`${error.message}\n${USAGE}\n`);
  process.exitCode = 2;
}
