// Checks one source file against the import rules of the house. Pure: a path and a text go in, sentences come out.
import { posix } from 'node:path';
import { FLOORS, IMPURE_CALLS, PURE_LIBS, PURE_NODE_MODULES, TECHNOLOGIES } from './rules.mjs';

const IMPORT =
  /(?:^|[\s;])(?:import|export)\s+(?:type\s+)?(?:[\w*{}\s,$]+?\s+from\s+)?['"]([^'"]+)['"]|\bimport\s*\(\s*['"]([^'"]+)['"]\s*\)/g;

/** Blanks out comments and keeps the line count, so that an example in a comment is no breach. */
function withoutComments(text) {
  return text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/(^|[^:'"`])\/\/[^\n]*/g, '$1');
}

const roomOf = (path) => path.split('/').slice(0, 2).join('/');
const floorOf = (lib) => FLOORS.findIndex((floor) => floor.includes(lib));

/**
 * @param {string} path path from the root, with forward slashes
 * @param {string} text the source
 * @returns {string[]} one sentence for each breach
 */
export function breachesOf(path, text) {
  const source = withoutComments(text);
  const room = roomOf(path);
  const lib = room.startsWith('libs/') ? room.slice(5) : undefined;
  const isTest = path.endsWith('.test.ts');
  const isPure = lib !== undefined && PURE_LIBS.includes(lib) && !isTest;
  const breaches = [];
  for (const match of source.matchAll(IMPORT)) {
    const specifier = match[1] ?? match[2];
    const line = source.slice(0, match.index).split('\n').length + (match[0].startsWith('\n') ? 1 : 0);
    for (const why of importBreaches({ path, room, lib, isPure, isTest, specifier }))
      breaches.push(`${path}:${line} imports ${specifier}: ${why}`);
  }
  if (isPure)
    for (const call of IMPURE_CALLS) {
      const found = call.exec(source);
      if (found)
        breaches.push(
          `${path}:${source.slice(0, found.index).split('\n').length} uses ${found[0].trim()}: a pure lib takes time and chance as arguments`,
        );
    }
  return breaches;
}

function* importBreaches({ path, room, lib, isPure, isTest, specifier }) {
  if (specifier.startsWith('.')) {
    const target = posix.normalize(posix.join(posix.dirname(path), specifier));
    const leaves = /^(libs|services)\//.test(target) && roomOf(target) !== room;
    if (leaves) yield 'another package is entered through its name, not by a path';
    return;
  }
  const own = /^@pageswarm\/([\w-]+)(\/.*)?$/.exec(specifier);
  if (own) {
    const [, name, inner] = own;
    if (inner) yield 'a lib is entered through its index.ts';
    const floor = floorOf(name);
    if (floor === -1 && (lib || room.startsWith('services/'))) yield 'nobody imports a service';
    if (lib && !isTest && floor !== -1 && floor >= floorOf(lib)) yield `imports go down only, and ${name} is not below ${lib}`;
    if (isPure && floor !== -1 && !PURE_LIBS.includes(name)) yield 'a pure lib imports only pure libs';
    return;
  }
  for (const { module, rooms, why } of TECHNOLOGIES)
    if (module.test(specifier) && !isTest && !rooms.some((allowed) => path.startsWith(`${allowed}/`))) yield why;
  if (isPure && specifier.startsWith('node:') && !PURE_NODE_MODULES.includes(specifier)) yield 'a pure lib does no I/O';
  if (isPure && !specifier.startsWith('node:')) yield 'a pure lib has no dependency outside the house';
}
