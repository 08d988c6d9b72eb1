import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { readScenario, simulate } from '@pageswarm/simulation';
import { parse } from 'yaml';

const folder = new URL('./scenarios/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

/** The least efficiency (fluid bound / makespan) of the default strategy; a host that dies makes the bound of three hosts unreachable. */
const LEAST_EFFICIENCY: Record<string, number> = { 'host-dies-at-half.yaml': 0.75 };

describe('the scenarios that come with the project', () => {
  it.each(files)('%s runs, completes and comes near the bound', (name) => {
    const result = simulate(readScenario(parse(readFileSync(new URL(name, folder), 'utf8'))), 1);
    expect(result.makespanMs).not.toBeNull();
    expect(result.efficiency).toBeGreaterThan(LEAST_EFFICIENCY[name] ?? 0.9);
  });
});
