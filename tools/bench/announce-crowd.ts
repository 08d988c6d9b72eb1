import { createHash } from 'node:crypto';

/** Which announces come: of how many torrents, from how many peers each. */
export interface AnnounceCrowd {
  readonly name: string;
  readonly torrents: number;
  readonly peers: number;
}

/** Torrents that every contender of the announce benchmark knows. */
export const ANNOUNCED_TORRENTS = 50_000;
export const ANNOUNCE_CROWDS: readonly AnnounceCrowd[] = [
  { name: 'many small swarms', torrents: ANNOUNCED_TORRENTS, peers: 2 },
  { name: '100 swarms of 500', torrents: 100, peers: 500 },
];

/** The v1 info-hash of torrent `n`. */
export function crowdHash(n: number): Buffer {
  return createHash('sha1').update(`announced ${n}`).digest();
}

/** The port of peer `n`; they all have one address, as everybody on one machine has. */
export function crowdPort(n: number): number {
  return 1_000 + n;
}

export function crowdPeerId(n: number): Buffer {
  return Buffer.from(`-TT0000-${String(n).padStart(12, '0')}`);
}
