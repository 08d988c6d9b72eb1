// npm run simulate -- tools/simulate/scenarios/x.yaml [--seed N] [--strategy NAME] [--json] [--log FILE]
import { createWriteStream, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { STRATEGY_NAMES, type StrategyName } from '@pageswarm/engine';
import { isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import { formatResult, readScenario, type Scenario, simulate } from '@pageswarm/simulation';
import { parse } from 'yaml';

const USAGE = 'npm run simulate -- SCENARIO.yaml [--seed N] [--strategy NAME] [--json] [--log FILE]';

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
    options: { seed: { type: 'string' }, strategy: { type: 'string' }, json: { type: 'boolean' }, log: { type: 'string' } },
  });
  const path = positionals[0];
  if (path === undefined || positionals.length > 1) throw new PageSwarmError('INVALID_REQUEST', `Name one scenario: ${USAGE}`);
  const seed = Number(values.seed ?? 1);
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new PageSwarmError('INVALID_REQUEST', `--seed must be a whole number from 0, got "${values.seed}"`);
  const scenario = withStrategy(readScenario(parseYaml(path)), values.strategy);
  const log = values.log === undefined ? undefined : createWriteStream(values.log);
  const result = simulate(scenario, seed, log ? { log: (line) => log.write(`${line}\n`) } : {});
  log?.end();
  process.stdout.write(values.json ? `${JSON.stringify(result, undefined, 2)}\n` : formatResult(result));
  if (result.makespanMs === null) process.exitCode = 1;
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
