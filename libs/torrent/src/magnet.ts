import { type InfoHashV1, type InfoHashV2, infoHashV1, infoHashV2, PageSwarmError } from '@pageswarm/primitives';

/** The longest magnet link that is read, in characters. */
export const MAX_MAGNET_LENGTH = 16_384;

/** What a magnet link says. */
export interface Magnet {
  readonly infoHashV1?: InfoHashV1;
  readonly infoHashV2?: InfoHashV2;
  readonly name?: string;
  /** Bytes of the document. */
  readonly size?: number;
  readonly trackers: readonly string[];
  readonly webSeeds: readonly string[];
}

/** A multihash begins with the code of SHA-256 and its length (BEP 52). */
const SHA256_MULTIHASH_PREFIX = '1220';
const BTIH = 'urn:btih:';
const BTMH = 'urn:btmh:';

/**
 * Writes a magnet link (BEP 9, BEP 52); with both hashes it serves v1 and v2 clients.
 * @throws PageSwarmError INVALID_MAGNET without any info-hash
 */
export function formatMagnet(magnet: Partial<Magnet>): string {
  const parameters: [string, string][] = [];
  if (magnet.infoHashV1) parameters.push(['xt', `${BTIH}${magnet.infoHashV1}`]);
  if (magnet.infoHashV2) parameters.push(['xt', `${BTMH}${SHA256_MULTIHASH_PREFIX}${magnet.infoHashV2}`]);
  if (parameters.length === 0) throw new PageSwarmError('INVALID_MAGNET', 'A magnet link needs an info-hash');
  if (magnet.name !== undefined) parameters.push(['dn', encode(magnet.name)]);
  if (magnet.size !== undefined) parameters.push(['xl', String(magnet.size)]);
  for (const tracker of magnet.trackers ?? []) parameters.push(['tr', encode(tracker)]);
  for (const webSeed of magnet.webSeeds ?? []) parameters.push(['ws', encode(webSeed)]);
  return `magnet:?${parameters.map(([key, value]) => `${key}=${value}`).join('&')}`;
}

/** Percent-encodes; half a surrogate pair has no UTF-8 and becomes the replacement character. */
function encode(text: string): string {
  return encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));
}

/**
 * Reads a magnet link: `btih` in hex or base32, `btmh` as a SHA-256 multihash, numbered keys (`tr.1`) too. Unknown keys are skipped.
 * @throws PageSwarmError INVALID_MAGNET without a usable info-hash, or with two different ones of a kind
 */
export function parseMagnet(text: string): Magnet {
  if (text.length > MAX_MAGNET_LENGTH)
    throw new PageSwarmError('INVALID_MAGNET', `A magnet link has at most ${MAX_MAGNET_LENGTH} characters`);
  const query = /^\s*magnet:\?(.*)$/is.exec(text)?.[1];
  if (query === undefined) throw new PageSwarmError('INVALID_MAGNET', 'A magnet link begins with "magnet:?"');
  const values = new Map<string, string[]>();
  for (const [key, value] of new URLSearchParams(query.trim())) {
    const plainKey = key.toLowerCase().replace(/\.\d+$/, '');
    values.set(plainKey, [...(values.get(plainKey) ?? []), value]);
  }
  const topics = values.get('xt') ?? [];
  const v1 = onlyOne(topics.map(parseBtih));
  const v2 = onlyOne(topics.map(parseBtmh));
  if (!v1 && !v2) throw new PageSwarmError('INVALID_MAGNET', 'The magnet link has no btih or btmh info-hash');
  const size = /^\d{1,15}$/.exec(values.get('xl')?.[0] ?? '')?.[0];
  return {
    infoHashV1: v1,
    infoHashV2: v2,
    name: values.get('dn')?.[0] || undefined,
    size: size === undefined ? undefined : Number(size),
    trackers: (values.get('tr') ?? []).filter(Boolean),
    webSeeds: (values.get('ws') ?? []).filter(Boolean),
  };
}

function parseBtih(topic: string): InfoHashV1 | undefined {
  if (!topic.toLowerCase().startsWith(BTIH)) return undefined;
  const digits = topic.slice(BTIH.length);
  if (/^[0-9a-f]{40}$/i.test(digits)) return infoHashV1(digits);
  if (/^[a-z2-7]{32}$/i.test(digits)) return infoHashV1(hexOfBase32(digits));
  throw new PageSwarmError('INVALID_MAGNET', 'A btih info-hash is 40 hex digits or 32 base32 digits');
}

function parseBtmh(topic: string): InfoHashV2 | undefined {
  if (!topic.toLowerCase().startsWith(BTMH)) return undefined;
  const digits = topic.slice(BTMH.length);
  if (/^1220[0-9a-f]{64}$/i.test(digits)) return infoHashV2(digits.slice(SHA256_MULTIHASH_PREFIX.length));
  throw new PageSwarmError('INVALID_MAGNET', 'A btmh info-hash is "1220" and 64 hex digits');
}

function onlyOne<T>(hashes: readonly (T | undefined)[]): T | undefined {
  const different = new Set(hashes.filter((hash) => hash !== undefined));
  if (different.size > 1) throw new PageSwarmError('INVALID_MAGNET', 'The magnet link names two different documents');
  return [...different][0];
}

/** RFC 4648 base32 without padding, 160 bits. */
function hexOfBase32(digits: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...digits.toUpperCase()].map((digit) => alphabet.indexOf(digit).toString(2).padStart(5, '0')).join('');
  return (bits.match(/.{4}/g) ?? []).map((nibble) => Number.parseInt(nibble, 2).toString(16)).join('');
}
