import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES } from '@pageswarm/primitives';
import { limitsIn, mustBeListed } from './limit-constants.ts';

const ROOT = join(import.meta.dirname, '../..');

/** What is in a `src` folder but not part of what runs: tests, and what only they use. */
const FOR_TESTS = /\.(test|fixture|sample)\.ts$|\/testing\/|piece-store\.contract\.ts$/;

/** The sources of every lib and service, without tests, by their path from the root. */
function sources(): Map<string, string> {
  const paths = ['libs', 'services'].flatMap((top) =>
    readdirSync(join(ROOT, top), { recursive: true, encoding: 'utf8' }).map((name) => `${top}/${name}`),
  );
  const isSource = (path: string) => /^\w+\/[\w-]+\/src\/.*\.ts$/.test(path) && !FOR_TESTS.test(path);
  return new Map(paths.filter(isSource).map((path) => [path, readFileSync(join(ROOT, path), 'utf8')]));
}

/** The cells of every table row of a document whose first cell begins with a name in code marks. */
function tableRows(document: string): string[][] {
  return readFileSync(join(ROOT, 'docs', document), 'utf8')
    .split('\n')
    .filter((line) => /^\| `\w+`/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** The limits that a table row names, each with its value: one value for all of them, or one each. */
function listedLimits([names = '', values = '']: readonly string[]): { name: string; value: number | undefined }[] {
  const numbers = [...values.matchAll(/\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?/g)].map(([number]) => Number(number.replaceAll(',', '')));
  return [...names.matchAll(/`(\w+)`/g)].map(([, name], index) => ({ name: name as string, value: numbers[index] ?? numbers[0] }));
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

describe('docs/limits.md', () => {
  const known = limitsIn(sources());
  const listed = tableRows('limits.md').flatMap(listedLimits);

  it('lists every limit that the sources export, with its value', () => {
    const missing = known
      .filter(mustBeListed)
      .filter(({ name, value }) => !listed.some((row) => row.name === name && row.value === value))
      .map(({ name, value, comment, path }) => `| \`${name}\` | ${value.toLocaleString('en-US')} | ${comment} |  (${path})`);
    // Each line is a row to add, or to correct, under the heading of its room.
    expect(missing).toEqual([]);
  });

  it('lists nothing that the sources do not have, and no value that is not theirs', () => {
    const strange = listed.filter(({ name, value }) => !known.some((limit) => limit.name === name && limit.value === value));
    expect(strange).toEqual([]);
  });
});
