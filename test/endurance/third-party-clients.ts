// BitTorrent clients that others wrote, as processes on the command line.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** libtorrent is a package of the system's Python. */
const PYTHON = '/usr/bin/python3';
const LIBTORRENT_CLIENT = new URL('./third_party_libtorrent.py', import.meta.url).pathname;
/** How long a client may take for a small document over loopback, beside other work. */
export const CLIENT_TIMEOUT_MS = 60_000;

/** The first line that a program prints; undefined where it is not installed. */
function firstLine(command: string, ...args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0];
  } catch {
    return undefined;
  }
}

/** Versions of what is installed here. Transmission prints its own on the other stream, so `true` must do. */
export const INSTALLED = {
  aria2c: firstLine('aria2c', '--version'),
  transmission: firstLine('sh', '-c', 'command -v transmission-cli && command -v transmission-show'),
  libtorrent: firstLine(PYTHON, '-c', 'import libtorrent; print(libtorrent.__version__)'),
} as const;

/** What a test's name says about a program that is not there. */
export function unless(...programs: (keyof typeof INSTALLED)[]): string {
  const missing = programs.filter((program) => INSTALLED[program] === undefined);
  return missing.length > 0 ? ` (skipped: ${missing.join(' and ')} ${missing.length > 1 ? 'are' : 'is'} not installed)` : '';
}

export const transmissionVersion = () => outputOf('transmission-cli', '--version');

/** All that a program prints, whether it succeeds or not. */
export function outputOf(command: string, ...args: string[]): string {
  try {
    return execFileSync('sh', ['-c', '"$0" "$@" 2>&1', command, ...args], { encoding: 'utf8' });
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

/** A client that runs until it is ended; its folder goes with it. */
export class RunningClient {
  readonly lines: string[] = [];

  private constructor(
    readonly folder: string,
    private readonly child: ChildProcess,
  ) {
    for (const stream of [child.stdout, child.stderr])
      if (stream) createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
  }

  static async start(command: string, args: (folder: string) => string[]): Promise<RunningClient> {
    const folder = await mkdtemp(join(tmpdir(), 'pageswarm-client-'));
    const child = spawn(command, args(folder), { stdio: ['pipe', 'pipe', 'pipe'], cwd: folder, env: { ...process.env, HOME: folder } });
    await once(child, 'spawn');
    return new RunningClient(folder, child);
  }

  /** A seeding aria2, which asks trackers over UDP only where it has a port for its DHT. */
  static aria2(torrent: string, port: number): Promise<RunningClient> {
    return RunningClient.start('aria2c', (folder) => [
      ...['--no-conf', `--dir=${folder}`, `--listen-port=${port}`, '--seed-time=10', '--enable-dht6=false'],
      ...['--enable-dht=true', `--dht-listen-port=${port}`, `--dht-file-path=${join(folder, 'dht.dat')}`],
      ...['--bt-enable-lpd=false', '--enable-peer-exchange=false', '--check-integrity=true', '--file-allocation=none', torrent],
    ]);
  }

  static transmission(torrent: string, port: number): Promise<RunningClient> {
    return RunningClient.start('transmission-cli', (folder) => [
      ...['-M', '-w', folder, '-g', join(folder, 'config'), '-p', String(port)],
      torrent,
    ]);
  }

  static libtorrent(torrent: string, port: number): Promise<RunningClient> {
    return RunningClient.start(PYTHON, (folder) => [LIBTORRENT_CLIENT, torrent, folder, String(port)]);
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const gone = once(this.child, 'exit');
      this.child.stdin?.end();
      this.child.kill('SIGTERM');
      const timer = setTimeout(() => this.child.kill('SIGKILL'), 3_000);
      await gone;
      clearTimeout(timer);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** What libtorrent makes of a .torrent. */
export function libtorrentHashes(torrent: string): { readonly v1: string | null; readonly v2: string | null; readonly private: boolean } {
  return JSON.parse(execFileSync(PYTHON, [LIBTORRENT_CLIENT, torrent, '.', '0'], { encoding: 'utf8' }));
}
