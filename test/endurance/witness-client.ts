import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const WITNESS = new URL('./witness.mjs', import.meta.url).pathname;

/** In a process of its own, for those packages know nothing of the realms that tests run in. */
async function ask<T>(...args: readonly string[]): Promise<T> {
  const { stdout } = await promisify(execFile)(process.execPath, [WITNESS, ...args], { timeout: 20_000 });
  return JSON.parse(stdout) as T;
}

/** Announces with bittorrent-tracker's client, and leaves again unless it should stay. @returns the ports of the peers it was told of */
export function announceAs(who: string, url: string, infoHash: string, port: number, left: number, keep?: 'keep'): Promise<number[]> {
  const peerId = Buffer.from(`-WI0001-${who.padEnd(12, '0')}`).toString('hex');
  return ask('announce', url, infoHash, peerId, String(port), String(left), ...(keep ? [keep] : []));
}

export function scrapeAs(url: string, infoHash: string): Promise<{ complete: number; incomplete: number; downloaded: number }> {
  return ask('scrape', url, infoHash);
}

/** What parse-torrent makes of .torrent files. */
export function parsedByOthers(
  ...files: readonly string[]
): Promise<{ infoHash: string; name: string; length: number; announce: string[]; urlList: string[] }[]> {
  return ask('parse', ...files);
}
