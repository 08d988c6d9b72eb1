import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { askJson, CrowdProcess } from './crowd-process.ts';
import type { CrowdOrder, CrowdProgress, CrowdRival } from './crowd-rival.ts';
import { firstLine } from './rival.ts';

/** Transmission counts limits in thousands of bytes. */
const LIMIT_UNIT_BYTES = 1_000;

const FIELDS = ['status', 'leftUntilDone', 'haveUnchecked', 'haveValid', 'uploadedEver', 'downloadedEver'] as const;
type TorrentStatus = Readonly<Record<(typeof FIELDS)[number], number>>;
/** Its status of a torrent that seeds. */
const SEEDING = 6;

export const transmissionCrowd: CrowdRival = {
  name: 'Transmission',
  settings: 'upload limit per process, TCP without encryption, 16 upload slots, no DHT, no peer exchange',
  // It believes nobody who sends it to a loopback address, and takes all clients at one address for the same.
  isApart: true,
  version: () => firstLine('sh', ['-c', 'transmission-daemon --version 2>&1']).then((line) => line?.replace(/^transmission-daemon /, '')),
  async start(order) {
    await writeFile(join(order.home, 'settings.json'), JSON.stringify(settingsOf(order)));
    const control = new Control(`http://127.0.0.1:${order.controlPort}/transmission/rpc`);
    const torrent = { metainfo: await readFile(order.torrent, 'base64'), 'download-dir': order.folder };
    const isReady = async () => (await control.greet()) && (await control.ask('torrent-add', torrent)) !== undefined;
    const args = ['--foreground', '--config-dir', order.home];
    const child = await CrowdProcess.start('transmission-daemon', args, order.home, isReady);
    return { progress: () => control.progress(), end: () => child.end() };
  },
};

function settingsOf({ address, controlPort, uploadLimit }: CrowdOrder): object {
  return {
    ...{ 'bind-address-ipv4': address.host, 'bind-address-ipv6': '::1', 'peer-port': address.port, 'port-forwarding-enabled': false },
    ...{ 'rpc-bind-address': '127.0.0.1', 'rpc-port': controlPort, 'rpc-authentication-required': false },
    ...{ 'speed-limit-up-enabled': true, 'speed-limit-up': Math.round(uploadLimit / LIMIT_UNIT_BYTES), 'upload-slots-per-torrent': 16 },
    ...{ 'dht-enabled': false, 'lpd-enabled': false, 'pex-enabled': false, 'utp-enabled': false, encryption: 0, preallocation: 0 },
    ...{ 'ratio-limit-enabled': false, 'idle-seeding-limit-enabled': false, 'cache-size-mb': 64 },
  };
}

/** The remote control of one Transmission. */
class Control {
  private session = '';

  constructor(private readonly url: string) {}

  /** @returns true when it takes orders */
  async greet(): Promise<boolean> {
    this.session = (await fetch(this.url)).headers.get('x-transmission-session-id') ?? '';
    return this.session !== '';
  }

  ask(method: string, args: object): Promise<unknown> {
    return askJson(this.url, { method, arguments: args }, { 'x-transmission-session-id': this.session });
  }

  async progress(): Promise<CrowdProgress> {
    const answer = (await this.ask('torrent-get', { fields: FIELDS })) as { arguments: { torrents: TorrentStatus[] } };
    const [torrent] = answer.arguments.torrents;
    if (!torrent) throw new Error('Transmission has no torrent yet');
    const { status, leftUntilDone, haveUnchecked, uploadedEver, downloadedEver, haveValid } = torrent;
    return {
      isComplete: status === SEEDING && leftUntilDone === 0 && haveUnchecked === 0,
      sent: uploadedEver,
      wasted: downloadedEver - haveValid,
    };
  }
}
