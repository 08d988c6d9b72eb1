import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { type BencodeInput, bencode } from '@pageswarm/torrent';
import type { SharedFile } from './rival.ts';

/** A file, alone in its folder, with a v1 torrent of these pieces: of hybrid torrents some of the others know nothing. */
export async function sharedFile(path: string, pieceBytes: number): Promise<SharedFile> {
  const hashes: Buffer[] = [];
  for await (const piece of createReadStream(path, { highWaterMark: pieceBytes })) hashes.push(createHash('sha1').update(piece).digest());
  const info = new Map<string, BencodeInput>([
    ['length', (await stat(path)).size],
    ['name', basename(path)],
    ['piece length', pieceBytes],
    ['pieces', Buffer.concat(hashes)],
  ]);
  const folder = dirname(path);
  const torrentOf = async (announce: string): Promise<string> => {
    const torrent = `${folder}.torrent`;
    const content = new Map<string, BencodeInput>([
      ['announce', announce],
      ['info', info],
    ]);
    await writeFile(torrent, bencode(content));
    return torrent;
  };
  return { path, folder, torrentOf };
}
