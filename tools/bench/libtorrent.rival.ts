import { cpuSeconds, firstLine, LineProcess, type Rival } from './rival.ts';

/** Debian's Python has python3-libtorrent; another `python3` may come first in the path. */
export const PYTHON = '/usr/bin/python3';
const SCRIPT = 'tools/bench/libtorrent_transfer.py';

export const libtorrentRival: Rival = {
  name: 'libtorrent',
  settings: 'SHA-1 per piece; TCP only, no encryption, 2,000 requests ahead, 16 MiB send buffer, v1 torrent of 256 KiB pieces',
  async version() {
    return firstLine(PYTHON, [SCRIPT, 'version']);
  },
  async transfer({ folder, torrentOf }, target) {
    const torrent = await torrentOf('http://127.0.0.1:9/announce');
    const seed = new LineProcess(PYTHON, [SCRIPT, 'seed', torrent, folder]);
    let fetch: LineProcess | undefined;
    try {
      const port = await seed.number('ready');
      fetch = new LineProcess(PYTHON, [SCRIPT, 'fetch', torrent, target, String(port)]);
      const seconds = await fetch.number('done');
      return { seconds, cpuSeconds: await cpuSeconds([seed.pid, fetch.pid]) };
    } finally {
      await Promise.all([seed.end(), fetch?.end()]);
    }
  },
};
