import { askJson, CrowdProcess } from './crowd-process.ts';
import type { CrowdOrder, CrowdProgress, CrowdRival } from './crowd-rival.ts';
import { firstLine } from './rival.ts';

/** What aria2 says of a download, in texts. */
interface Status {
  readonly seeder?: string;
  readonly uploadLength: string;
}

export const aria2Crowd: CrowdRival = {
  name: 'aria2',
  settings: 'upload limit per process, 64 MiB disk cache, any number of peers, no DHT, no peer exchange',
  isApart: false,
  async version() {
    return (await firstLine('aria2c', ['--version']))?.replace('aria2 version ', '');
  },
  async start(order) {
    const progress = () => progressAt(`http://127.0.0.1:${order.controlPort}/jsonrpc`);
    const isReady = async () => (await progress()) !== undefined;
    const child = await CrowdProcess.start('aria2c', argumentsOf(order), order.home, isReady);
    return { progress, end: () => child.end() };
  },
};

function argumentsOf({ torrent, folder, address, controlPort, isSeed, uploadLimit }: CrowdOrder): string[] {
  return [
    ...['--no-conf', '--quiet', `--dir=${folder}`, `--listen-port=${address.port}`, '--interface=127.0.0.1'],
    ...['--enable-rpc', `--rpc-listen-port=${controlPort}`, '--rpc-listen-all=false'],
    ...['--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--enable-peer-exchange=false'],
    ...['--bt-max-peers=0', '--bt-request-peer-speed-limit=100M', '--file-allocation=none', '--disk-cache=64M'],
    ...[`--max-overall-upload-limit=${uploadLimit}`, '--seed-ratio=0.0', `--bt-seed-unverified=${isSeed}`],
    torrent,
  ];
}

async function progressAt(url: string): Promise<CrowdProgress> {
  const question = { jsonrpc: '2.0', id: '', method: 'aria2.tellActive', params: [['seeder', 'uploadLength']] };
  const { result } = (await askJson(url, question)) as { result: Status[] };
  if (!result[0]) throw new Error('aria2c has not begun yet');
  return { isComplete: result[0].seeder === 'true', sent: Number(result[0].uploadLength) };
}
