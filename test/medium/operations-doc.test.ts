import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { VARIABLES } from '@pageswarm/config';

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENT = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');

/** The row of a variable as docs/operations.md has to show it; ports differ by service, so their meaning tells the defaults. */
function rowOf(name: keyof typeof VARIABLES): string {
  const { schema, meaning } = VARIABLES[name];
  const fallback = schema.safeParse(undefined).data;
  const isPort = name === 'PAGESWARM_HTTP_PORT' || name === 'PAGESWARM_TRANSPORT_PORT';
  const text = fallback === undefined || isPort ? '' : `\`${fallback === false ? 0 : String(fallback)}\``;
  return `| \`${name}\` | ${text} | ${meaning} |`;
}

describe('docs/operations.md', () => {
  it('lists every environment variable with its default and meaning, and no other', () => {
    const rows = DOCUMENT.split('\n').filter((line) => line.startsWith('| `PAGESWARM_'));
    expect(rows).toEqual((Object.keys(VARIABLES) as (keyof typeof VARIABLES)[]).map(rowOf));
  });

  it('lists every metric that the sources make, and no other', () => {
    const made = new Set<string>();
    for (const top of ['libs', 'services'])
      for (const file of readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }))
        if (/\/src\/.*\.ts$/.test(file) && !/\.test\.ts$|node_modules/.test(file))
          for (const [, name] of readFileSync(join(ROOT, top, file), 'utf8').matchAll(/'(pageswarm_[a-z0-9_]+)'/g))
            made.add(name as string);
    const listed = [...DOCUMENT.matchAll(/^\| `(pageswarm_[a-z0-9_]+)` \|/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual([...made].sort());
  });
});
