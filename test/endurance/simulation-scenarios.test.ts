import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readScenario, simulate } from '@pageswarm/simulation';
import { parse } from 'yaml';

const folder = new URL('../../tools/simulate/scenarios/', import.meta.url);
/** Kraken's 2,600 hosts have a suite of their own. */
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml') && name !== 'kraken.yaml');

/** The least efficiency (fluid bound / makespan) of the default strategy. */
const LEAST_EFFICIENCY: Record<string, number> = {
  // The bound is that of three hosts, one of which dies.
  'host-dies-at-half.yaml': 0.75,
  // Peers that come last have their own time to take, and some lose everything on the way: the bound knows of neither.
  'churn.yaml': 0.6,
  // Who asks for what at the other end of the link is not told before it has come.
  'two-sites.yaml': 0.55,
};

describe('the scenarios that come with the project', () => {
  it.each(files)('%s completes near its bound', (name) => {
    const scenario = readScenario(parse(readFileSync(new URL(name, folder), 'utf8')));
    const { makespanMs, efficiency } = simulate(scenario, 1);
    expect(makespanMs).not.toBeNull();
    expect(efficiency).toBeGreaterThan(LEAST_EFFICIENCY[name] ?? 0.9);
  });
});
