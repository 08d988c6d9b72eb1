import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What the launcher was asked to do. */
export interface LauncherOptions {
  readonly peers: number;
  readonly dataDir: string;
  readonly basePort: number;
  /** Run the sample story and end. */
  readonly once: boolean;
  /** Make sample documents and add them on the first two peers. */
  readonly samples: boolean;
}

/** The most peers that one machine is asked to run. */
export const MAX_PEERS = 100;
/** The story adds on two peers and downloads on a third. */
export const LEAST_PEERS_OF_STORY = 3;

export const USAGE = `Usage: npm start -- [options]

  --peers N        peers to start, 1 to ${MAX_PEERS} (default 3)
  --data-dir DIR   folder for everything that is kept (default .pageswarm)
  --base-port P    first of the ports, 1 to 65535 (default 7180): tracker P and P+1, pdf-worker P+2 and P+3,
                   peer k from P+2+2k on; the even ones speak HTTP, the odd ones the swarm transport
  --once           run the sample story from adding to seeding, print it, and end with 0 only if all of it held
  --no-samples     start without sample documents
  --help           show this`;

/** An option that cannot be used; its message is for the person who typed it. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the command line.
 * @returns undefined when help was asked for
 * @throws UsageError that names the option
 */
export function parseOptions(args: readonly string[]): LauncherOptions | undefined {
  const values = readArguments(args);
  if (values.help) return undefined;
  const options = {
    peers: wholeNumber('--peers', values.peers, 1, MAX_PEERS),
    dataDir: resolve(values['data-dir'] || refuse('--data-dir needs a folder')),
    basePort: wholeNumber('--base-port', values['base-port'], 1, 65_535),
    once: values.once,
    samples: !values['no-samples'],
  };
  const lastPort = portsOf(options).transport(options.peers);
  if (lastPort > 65_535)
    refuse(`--base-port ${options.basePort} leaves no ports for ${options.peers} peers: the last would be ${lastPort}`);
  if (options.once && !options.samples) refuse('--once runs the story of the samples, so --no-samples does not go with it');
  if (options.once && options.peers < LEAST_PEERS_OF_STORY) refuse(`--once needs at least ${LEAST_PEERS_OF_STORY} peers`);
  return options;
}

/** Ports of the peers, counted from 1; the tracker stands at -1 and the pdf-worker at 0. */
export function portsOf({ basePort }: { readonly basePort: number }): { http(peer: number): number; transport(peer: number): number } {
  return { http: (peer) => basePort + 2 + 2 * peer, transport: (peer) => basePort + 3 + 2 * peer };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: false,
      options: {
        peers: { type: 'string', default: '3' },
        'data-dir': { type: 'string', default: '.pageswarm' },
        'base-port': { type: 'string', default: '7180' },
        once: { type: 'boolean', default: false },
        'no-samples': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    }).values;
  } catch (error) {
    return refuse((error as Error).message);
  }
}

function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    refuse(`${option} must be a whole number from ${least} to ${most}, not "${text}"`);
  return value;
}

function refuse(sentence: string): never {
  throw new UsageError(sentence);
}
