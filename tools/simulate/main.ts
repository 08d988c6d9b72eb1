// npm run simulate -- tools/simulate/scenarios/x.yaml [--seed N] [--strategy NAME] [--html FILE] [--json FILE] [--log FILE]
// npm run simulate -- --seed N: the random swarm with faults of that seed, with all invariants checked after every event
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { STRATEGY_NAMES, type StrategyName } from '@pageswarm/engine';
import { isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import {
  complaintsOf,
  faultyScenario,
  formatHtml,
  formatResult,
  readScenario,
  type Scenario,
  type SimulationResult,
  simulate,
} from '@pageswarm/simulation';
import { parse } from 'yaml';

const USAGE = 'npm run simulate -- [SCENARIO.yaml] [--seed N] [--strategy NAME] [--html FILE] [--json FILE] [--log FILE]';
/** Lines of a log are written this many at a time. */
const LINES_AT_ONCE = 1_000;

try {
  run();
} catch (error) {
  if (!isPageSwarmError(error) && !isUsageError(error)) throw error;
  process.stderr.write(`${error.message}\n${isUsageError(error) ? `${USAGE}\n` : ''}`);
  process.exitCode = 2;
}

function run(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: 'string' },
      strategy: { type: 'string' },
      html: { type: 'string' },
      json: { type: 'string' },
      log: { type: 'string' },
    },
  });
  const path = positionals[0];
  if ((path === undefined && values.seed === undefined) || positionals.length > 1)
    throw new PageSwarmError('INVALID_REQUEST', `Name one scenario, or the seed of a random one: ${USAGE}`);
  const seed = Number(values.seed ?? 1);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new PageSwarmError('INVALID_REQUEST', `--seed must be a whole number from 0, got "${values.seed}"`);
  const swarm = path === undefined ? faultyScenario(seed) : { scenario: readScenario(parseYaml(path)), rock: false };
  const scenario = withStrategy(swarm.scenario, values.strategy);
  const started = process.cpuUsage();
  const result = simulated(scenario, seed, path === undefined, values.log);
  const { user, system } = process.cpuUsage(started);
  process.stdout.write(`${formatResult(result)}simulated in ${((user + system) / 1e6).toFixed(1)} s of processor time\n`);
  if (values.html !== undefined) writeFileSync(values.html, formatHtml(result));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, undefined, 1)}\n`);
  const complaints = path === undefined ? complaintsOf(result, { ...swarm, scenario }) : [];
  for (const complaint of complaints) process.stdout.write(`WRONG: ${complaint}\n`);
  if (complaints.length > 0 || (path !== undefined && result.makespanMs === null)) process.exitCode = 1;
}

function simulated(scenario: Scenario, seed: number, checked: boolean, logPath: string | undefined): SimulationResult {
  if (logPath === undefined) return simulate(scenario, seed, { checked });
  const file = openSync(logPath, 'w');
  let lines: string[] = [];
  const flush = () => {
    if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`);
    lines = [];
  };
  try {
    return simulate(scenario, seed, {
      checked,
      log: (line) => {
        if (lines.push(line) === LINES_AT_ONCE) flush();
      },
    });
  } finally {
    flush();
    closeSync(file);
  }
}

function withStrategy(scenario: Scenario, strategy: string | undefined): Scenario {
  if (strategy === undefined) return scenario;
  if (!STRATEGY_NAMES.includes(strategy as StrategyName))
    throw new PageSwarmError('INVALID_REQUEST', `--strategy must be one of ${STRATEGY_NAMES.join(', ')}`);
  return { ...scenario, strategy: strategy as StrategyName };
}

function parseYaml(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new PageSwarmError('INVALID_REQUEST', `The scenario ${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
  try {
    return parse(text);
  } catch (cause) {
    throw new PageSwarmError('INVALID_REQUEST', `The scenario ${path} is not YAML: ${(cause as Error).message}`, { cause });
  }
}

function isUsageError(error: unknown): error is Error {
  return String((error as { code?: unknown })?.code ?? '').startsWith('ERR_PARSE_ARGS');
}
