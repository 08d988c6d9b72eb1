// node tools/boundaries/check-boundaries.mjs: exits 1 and names every import that breaks the rules of the house.
import { readdirSync, readFileSync } from 'node:fs';
import { breachesOf } from './boundaries.mjs';

const breaches = [];
let files = 0;
for (const top of ['libs', 'services', 'tools', 'test'])
  for (const name of readdirSync(top, { recursive: true, encoding: 'utf8' })) {
    if (!/\.(ts|mjs)$/.test(name) || name.includes('node_modules')) continue;
    const path = `${top}/${name}`;
    files++;
    breaches.push(...breachesOf(path, readFileSync(path, 'utf8')));
  }
for (const breach of breaches) process.stderr.write(`${breach}\n`);
process.stdout.write(`boundaries: ${files} files, ${breaches.length} breaches\n`);
process.exitCode = breaches.length > 0 ? 1 : 0;
