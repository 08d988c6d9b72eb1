// Asks a tracker with bittorrent-tracker's client, or reads .torrent files with parse-torrent, and prints JSON:
// node witness.mjs announce URL INFO_HASH PEER_ID PORT LEFT [keep] | scrape URL INFO_HASH | parse FILE...
import { readFileSync } from 'node:fs';
import { Client } from 'bittorrent-tracker';
import parseTorrent from 'parse-torrent';

const [what, ...args] = process.argv.slice(2);
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

async function announce([url, infoHash, peerId, port, left, keep]) {
  const client = new Client({
    infoHash,
    announce: [url],
    peerId,
    port: Number(port),
    getAnnounceOpts: () => ({ left: Number(left), numwant: 100 }),
  });
  const ports = [];
  client.on('peer', (address) => ports.push(Number(address.split(':').pop())));
  await answered(client, 'update', () => client.start());
  if (!keep) await answered(client, 'update', () => client.stop());
  client.destroy();
  return ports;
}

async function scrape([url, infoHash]) {
  const client = new Client({ infoHash, announce: [url], peerId: '00'.repeat(20), port: 1 });
  const { complete, incomplete, downloaded } = await answered(client, 'scrape', () => client.scrape());
  client.destroy();
  return { complete, incomplete, downloaded };
}

function answered(client, event, ask) {
  return new Promise((resolve, reject) => {
    client.once(event, resolve);
    client.once('error', reject);
    client.once('warning', reject);
    ask();
  });
}

async function parse(files) {
  const read = async (file) => {
    const { infoHash, name, length, announce, urlList } = await parseTorrent(readFileSync(file));
    return { infoHash, name, length, announce: [...announce].sort(), urlList };
  };
  return Promise.all(files.map(read));
}

print(await { announce, scrape, parse }[what](args));
process.exit();
