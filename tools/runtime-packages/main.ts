// node build/tools/runtime-packages.js BUNDLES TARGET: copies the packages that the bundles load at run time into
// TARGET/node_modules, with what those need in turn. A runtime image then holds these few instead of all that a build wants.
import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { loadedPackages } from './loaded-packages.ts';
import { PackageCopier } from './package-copier.ts';

const [, , bundles, target] = process.argv;
if (!bundles || !target) throw new Error('Usage: node build/tools/runtime-packages.js BUNDLES TARGET');
const copier = new PackageCopier(process.cwd(), target);
for (const file of readdirSync(bundles).filter((name) => name.endsWith('.js')))
  for (const name of loadedPackages(readFileSync(join(bundles, file), 'utf8')))
    if (!builtinModules.includes(name)) copier.copyIfInstalled(name);
process.stdout.write(`${copier.copied.length} packages: ${copier.copied.join(' ')}\n`);
