// node tools/endurance/run.mjs fuzz [wire] [transport] [page-map] [torrent] [announce] [--seconds N] | soak [--minutes N] [--seed N] | endurance [NAME]...: what takes too long for npm test.
import { spawn } from 'node:child_process';
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
    return { files, settings: { PAGESWARM_FUZZ_SECONDS: above0('seconds', values.seconds) } };
  }
  if (what === 'endurance') {
    return {
      files: targets.length > 0 ? targets.map((name) => ENDURANCE_FOLDER + name) : [ENDURANCE_FOLDER],
      settings: { PAGESWARM_ENDURANCE: 1 },
    };
  }
  if (what !== 'soak' || targets.length > 0) throw new TypeError('Fuzz, soak or endurance?');
  const settings = { PAGESWARM_SOAK_SECONDS: 60 * above0('minutes', values.minutes), PAGESWARM_SOAK_SEED: above0('seed', values.seed) };
  return { files: [SOAK], settings };
}

try {
  const { files, settings } = plan();
  const jest = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js', '-w', '2', ...files];
  const run = spawn(process.execPath, jest, { stdio: 'inherit', env: { ...process.env, ...settings } });
  run.once('exit', (code) => {
    process.exitCode = code ?? 1;
  });
} catch (error) {
  process.stderr.write(`${error.message}\n${USAGE}\n`);
  process.exitCode = 2;
}
