import { PageSwarmError } from '@pageswarm/primitives';
import { type Environment, VARIABLES, type VariableName } from './variables.ts';

const PREFIX = 'PAGESWARM_';
/** What must not be told to whoever reads logs; the URL may hold a password. */
const SECRETS: ReadonlySet<string> = new Set<VariableName>(['PAGESWARM_SWARM_KEY', 'PAGESWARM_ADMIN_TOKEN', 'PAGESWARM_REDIS_URL']);

/**
 * Checks every `PAGESWARM_*` variable at once. An empty value counts as unset, as compose files pass it.
 * @param defaults values of this service for variables that are unset
 * @throws PageSwarmError INVALID_CONFIGURATION with a sentence for each bad or unknown variable
 */
export function readEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  defaults: Partial<Record<VariableName, string>> = {},
): Environment {
  const complaints: string[] = [];
  const values: Record<string, unknown> = {};
  for (const name of Object.keys(env))
    if (name.startsWith(PREFIX) && !Object.hasOwn(VARIABLES, name))
      complaints.push(`${name} is not a variable that PageSwarm knows${suggestion(name)}`);
  for (const [name, { schema }] of Object.entries(VARIABLES)) {
    const text = env[name] || defaults[name as VariableName];
    const result = schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else {
      const shown = SECRETS.has(name) ? name : `${name}=${JSON.stringify(text)}`;
      complaints.push(`${shown} is not usable: ${result.error.issues[0]?.message ?? 'invalid'}`);
    }
  }
  if (complaints.length > 0) throw new PageSwarmError('INVALID_CONFIGURATION', complaints.join('; '));
  return values as Environment;
}

/** The known name that shares the longest beginning with a mistyped one, when that is more than the common prefix. */
function suggestion(name: string): string {
  let best = '';
  let longest = PREFIX.length + 2;
  for (const known of Object.keys(VARIABLES)) {
    let same = 0;
    while (same < known.length && known[same] === name[same]) same++;
    if (same > longest) [best, longest] = [known, same];
  }
  return best && `; did you mean ${best}?`;
}
