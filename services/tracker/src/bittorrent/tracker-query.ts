import { plainAddress } from '@pageswarm/primitives';

/** The longest query of an announce or scrape that is read, in characters. */
export const MAX_QUERY_LENGTH = 8_192;
/** The most torrents in one scrape (BEP 48). */
export const MAX_SCRAPE_HASHES = 64;
/** Bytes of an info-hash (v1, or v2 cut) and of a peer id (BEP 3, 52). */
export const HASH_BYTES = 20;
/** The most peers in one answer, and how many there are if the client does not say. */
export const MAX_NUMWANT = 100;
export const DEFAULT_NUMWANT = 50;

export type AnnounceEvent = 'started' | 'stopped' | 'completed' | 'none';

/** What a BitTorrent client says of itself, whichever way it announces. */
export interface SwarmAnnounce {
  /** 40 hex digits. */
  readonly infoHash: string;
  /** 20 bytes as latin1. */
  readonly peerId: string;
  readonly port: number;
  readonly isSeeder: boolean;
  readonly event: AnnounceEvent;
  readonly numwant: number;
}

/** An announce over HTTP (BEP 3, 23). */
export interface BittorrentAnnounce extends SwarmAnnounce {
  readonly compact: boolean;
  readonly noPeerId: boolean;
}

/** A refusal that the client shows to its user; it travels as `failure reason`. */
export class AnnounceRefusal extends Error {
  constructor(
    reason: string,
    /** After how many minutes to try again (BEP 31); undefined if trying again will not help. */
    readonly retryInMinutes?: number,
  ) {
    super(reason);
    this.name = 'AnnounceRefusal';
  }
}

/**
 * The parameters of a tracker request. Values are bytes, kept as latin1: an info-hash is not text, and reading it as UTF-8
 * would destroy it.
 * @throws AnnounceRefusal
 */
export function parseTrackerQuery(url: string): Map<string, string[]> {
  const start = url.indexOf('?');
  const query = start === -1 ? '' : url.slice(start + 1);
  if (query.length > MAX_QUERY_LENGTH) throw new AnnounceRefusal('query too long');
  const parameters = new Map<string, string[]>();
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const key = percentDecode(equals === -1 ? part : part.slice(0, equals));
    const value = equals === -1 ? '' : percentDecode(part.slice(equals + 1));
    const values = parameters.get(key);
    if (values) values.push(value);
    else parameters.set(key, [value]);
  }
  return parameters;
}

/** @throws AnnounceRefusal naming the parameter that is missing or wrong */
export function readAnnounce(parameters: ReadonlyMap<string, readonly string[]>): BittorrentAnnounce {
  const first = (key: string) => parameters.get(key)?.[0];
  const peerId = first('peer_id') ?? '';
  if (peerId.length !== HASH_BYTES) throw new AnnounceRefusal('invalid peer_id');
  const port = wholeNumber(first('port'));
  if (port === undefined || port < 1 || port > 65_535) throw new AnnounceRefusal('invalid port');
  const left = wholeNumber(first('left'));
  const numwant = wholeNumber(first('numwant'));
  const event = first('event') ?? '';
  return {
    infoHash: hashOf(first('info_hash')),
    peerId,
    port,
    isSeeder: left === 0,
    event: event === 'started' || event === 'stopped' || event === 'completed' ? event : 'none',
    numwant: Math.min(numwant ?? DEFAULT_NUMWANT, MAX_NUMWANT),
    compact: first('compact') !== '0',
    noPeerId: first('no_peer_id') === '1',
  };
}

/** @throws AnnounceRefusal without a hash, or with too many */
export function readScrape(parameters: ReadonlyMap<string, readonly string[]>): string[] {
  const hashes = parameters.get('info_hash') ?? [];
  if (hashes.length === 0) throw new AnnounceRefusal('scrape needs an info_hash');
  if (hashes.length > MAX_SCRAPE_HASHES) throw new AnnounceRefusal(`at most ${MAX_SCRAPE_HASHES} torrents in one scrape`);
  return hashes.map(hashOf);
}

function hashOf(bytes: string | undefined): string {
  if (bytes?.length !== HASH_BYTES) throw new AnnounceRefusal('invalid info_hash');
  return Buffer.from(bytes, 'latin1').toString('hex');
}

function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Percent-decodes to bytes; a `%` without two hex digits stands for itself. */
function percentDecode(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/%([0-9a-fA-F]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

/** The bytes of an IPv4 (4) or IPv6 (16) address in latin1; undefined for anything else. */
export function addressBytes(address: string): string | undefined {
  const plain = plainAddress(address).replace(/%.*$/, '');
  const octets = plain.split('.').map(Number);
  if (!plain.includes(':'))
    return octets.length === 4 && octets.every((octet) => octet >= 0 && octet <= 255) ? String.fromCharCode(...octets) : undefined;
  const [head = '', tail, ...more] = plain.split('::');
  if (more.length > 0) return undefined;
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 0) return undefined;
  const groups = [...front, ...new Array<number>(missing).fill(0), ...back];
  if (groups.some((group) => !(group >= 0 && group <= 0xffff))) return undefined;
  return String.fromCharCode(...groups.flatMap((group) => [group >> 8, group & 0xff]));
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => (/^[0-9a-fA-F]{1,4}$/.test(group) ? Number.parseInt(group, 16) : Number.NaN));
}

/** The address that {@link addressBytes} was made of, as text. */
export function addressText(bytes: string): string {
  const codes = [...bytes].map((letter) => letter.charCodeAt(0));
  if (codes.length === 4) return codes.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((codes[2 * i] as number) * 256 + (codes[2 * i + 1] as number)).toString(16));
  return groups.join(':');
}
