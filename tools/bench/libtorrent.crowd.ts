import type { CrowdRival } from './crowd-rival.ts';
import { PYTHON } from './libtorrent.rival.ts';
import { firstLine, LineProcess } from './rival.ts';

const SCRIPT = 'tools/bench/libtorrent_crowd.py';

export const libtorrentCrowd: CrowdRival = {
  name: 'libtorrent',
  settings: 'upload limit per process, of payload alone, TCP without encryption, 16 upload slots, 1 s of requests ahead, no DHT, no LSD',
  isApart: false,
  version: () => firstLine(PYTHON, ['-c', 'import libtorrent; print(libtorrent.__version__)']),
  async start({ torrent, folder, address, isSeed, uploadLimit }) {
    const child = new LineProcess(PYTHON, [SCRIPT, torrent, folder, `${address.port}`, isSeed ? 'seed' : 'leech', `${uploadLimit}`]);
    const progress = async () => {
      const [complete, sent, wasted] = (await child.ask('?')).split(' ').map(Number);
      return { isComplete: complete === 1, sent, wasted };
    };
    try {
      await child.line();
    } catch (error) {
      await child.end();
      throw error;
    }
    return { progress, end: () => child.end() };
  },
};
