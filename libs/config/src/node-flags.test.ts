import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { NODE_FLAGS } from './node-flags.ts';

it('Node is told the same in a container as everywhere else', () => {
  const dockerfile = readFileSync(join(import.meta.dirname, '../../../Dockerfile'), 'utf8');
  const commands = dockerfile
    .split('\n')
    .filter((line) => line.startsWith('CMD ') && line.includes('build/services/'))
    .map((line): string[] => JSON.parse(line.slice('CMD '.length)));
  expect(commands.sort()).toEqual(
    Object.entries(NODE_FLAGS)
      .map(([service, flags]) => ['node', ...flags, `build/services/${service}.js`])
      .sort(),
  );
});
