import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '@pageswarm/primitives';

const ROOT = join(import.meta.dirname, '../..');

/** The sources of every lib and service, without tests, by their path from the root. */
function sources(): Map<string, string> {
  const found = new Map<string, string>();
  for (const top of ['libs', 'services'])
    for (const name of readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' })) {
      const isSource =
        /^[\w-]+\/src\/.*\.ts$/.test(name) && !/\.(test|fixture|sample|contract)\.ts$/.test(name) && !name.includes('/testing/');
      if (isSource || name.startsWith('contracts/src/')) found.set(`${top}/${name}`, readFileSync(join(ROOT, top, name), 'utf8'));
    }
  return found;
}

/** The cells of every table row of a document whose first cell is a name in code marks. */
function tableRows(document: string): string[][] {
  return readFileSync(join(ROOT, 'docs', document), 'utf8')
    .split('\n')
    .filter((line) => /^\| `\w+` \|/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

describe('docs/errors.md', () => {
  it('lists every code once, with the status, the meaning and the advice of the registry', () => {
    const rows = tableRows('errors.md').map(
      ([code, status, title, advice]) => [(code as string).slice(1, -1), { status: Number(status), title, advice }] as const,
    );
    expect(rows.map(([code]) => code).sort()).toEqual(Object.keys(ERROR_CODES).sort());
    expect(Object.fromEntries(rows)).toEqual(ERROR_CODES);
  });

  it('lists no code that nothing raises', () => {
    const raising = [...sources()]
      .filter(([path]) => !path.endsWith('/error-codes.ts'))
      // Naming a code as a possible answer of an operation raises nothing.
      .map(([, text]) => text.replace(/@Problems\([^)]*\)/g, ''))
      .join('\n');
    expect(Object.keys(ERROR_CODES).filter((code) => !raising.includes(`'${code}'`))).toEqual([]);
  });
});
