import { type Announce, DEFAULT_NUMWANT, EVENT, HASH_BYTES, MAX_NUMWANT, type Refusal } from './announce.ts';

/** The longest query of an announce or scrape that is read, in bytes. */
export const MAX_QUERY_LENGTH = 8_192;
/** The most torrents in one scrape (BEP 48). */
export const MAX_SCRAPE_HASHES = 64;

const AMPERSAND = 0x26;
const EQUALS = 0x3d;
const PERCENT = 0x25;
const ZERO = 0x30;
const NINE = 0x39;
/** More digits than that are no number that anybody means, and could be more than a number can say. */
const MAX_DIGITS = 15;
const MAX_PORT = 65_535;

const TOO_LONG: Refusal = { reason: 'query too long' };
const NO_PEER_ID: Refusal = { reason: 'invalid peer_id' };
const NO_PORT: Refusal = { reason: 'invalid port' };
const NO_HASH: Refusal = { reason: 'invalid info_hash' };
const NOTHING_TO_SCRAPE: Refusal = { reason: 'scrape needs an info_hash' };
const TOO_MANY: Refusal = { reason: `at most ${MAX_SCRAPE_HASHES} torrents in one scrape` };

/**
 * Reads the query of an announce (BEP 3, 23) into `request`. It is read as bytes: an info-hash is not text, and reading it
 * as UTF-8 would destroy it. Of a parameter that comes twice the first counts; the address that a client may state
 * (`ip`) is not read, for it would let it point others at somebody else.
 * @param bytes holds the query from `from`, behind the question mark, up to `to`
 * @returns what is wrong with it
 */
export function readAnnounce(bytes: Uint8Array, from: number, to: number, request: Announce): Refusal | undefined {
  if (to - from > MAX_QUERY_LENGTH) return TOO_LONG;
  let hashBytes = -1;
  let peerIdBytes = -1;
  let port = -1;
  let left = -1;
  let numwant = -1;
  let event = -1;
  let compact = -1;
  let noPeerId = -1;
  for (let at = from; at < to; ) {
    let equals = at;
    while (equals < to && bytes[equals] !== EQUALS && bytes[equals] !== AMPERSAND) equals++;
    let end = equals;
    while (end < to && bytes[end] !== AMPERSAND) end++;
    const value = Math.min(equals + 1, end);
    switch (equals - at) {
      case 4:
        if (port < 0 && isWord(bytes, at, 'port')) port = wholeNumber(bytes, value, end);
        else if (left < 0 && isWord(bytes, at, 'left')) left = wholeNumber(bytes, value, end);
        break;
      case 5:
        if (event < 0 && isWord(bytes, at, 'event')) event = eventOf(bytes, value, end);
        break;
      case 7:
        if (peerIdBytes < 0 && isWord(bytes, at, 'peer_id')) peerIdBytes = decodeInto(bytes, value, end, request.peerId);
        else if (numwant < 0 && isWord(bytes, at, 'numwant')) numwant = wholeNumber(bytes, value, end);
        else if (compact < 0 && isWord(bytes, at, 'compact')) compact = flag(bytes, value, end);
        break;
      case 9:
        if (hashBytes < 0 && isWord(bytes, at, 'info_hash')) hashBytes = decodeInto(bytes, value, end, request.infoHash);
        break;
      case 10:
        if (noPeerId < 0 && isWord(bytes, at, 'no_peer_id')) noPeerId = flag(bytes, value, end);
        break;
      default:
    }
    at = end + 1;
  }
  if (peerIdBytes !== HASH_BYTES) return NO_PEER_ID;
  if (port < 1 || port > MAX_PORT) return NO_PORT;
  if (hashBytes !== HASH_BYTES) return NO_HASH;
  request.setPort(port);
  request.isSeeder = left === 0;
  request.numwant = numwant < 0 ? DEFAULT_NUMWANT : Math.min(numwant, MAX_NUMWANT);
  request.event = Math.max(event, EVENT.none);
  request.compact = compact !== 0;
  request.noPeerId = noPeerId === 1;
  return undefined;
}

/**
 * Reads the info-hashes of a scrape (BEP 48), 20 bytes each behind each other.
 * @param into has room for {@link MAX_SCRAPE_HASHES}
 * @returns how many there are, or what is wrong with them
 */
export function readScrape(bytes: Uint8Array, from: number, to: number, into: Buffer): number | Refusal {
  if (to - from > MAX_QUERY_LENGTH) return TOO_LONG;
  let hashes = 0;
  for (let at = from; at < to; ) {
    let end = at;
    while (end < to && bytes[end] !== AMPERSAND) end++;
    if (end - at > 9 && bytes[at + 9] === EQUALS && isWord(bytes, at, 'info_hash')) {
      if (hashes === MAX_SCRAPE_HASHES) return TOO_MANY;
      const place = into.subarray(hashes * HASH_BYTES, (hashes + 1) * HASH_BYTES);
      if (decodeInto(bytes, at + 10, end, place) !== HASH_BYTES) return NO_HASH;
      hashes++;
    }
    at = end + 1;
  }
  return hashes === 0 ? NOTHING_TO_SCRAPE : hashes;
}

function isWord(bytes: Uint8Array, from: number, word: string): boolean {
  for (let at = 0; at < word.length; at++) if (bytes[from + at] !== word.charCodeAt(at)) return false;
  return true;
}

/** 0 stands for an event that nobody knows, too: what a client calls something else is an ordinary announce. */
function eventOf(bytes: Uint8Array, from: number, to: number): number {
  if (to - from === 7 && isWord(bytes, from, 'started')) return EVENT.started;
  if (to - from === 7 && isWord(bytes, from, 'stopped')) return EVENT.stopped;
  return to - from === 9 && isWord(bytes, from, 'completed') ? EVENT.completed : EVENT.none;
}

/** The digit of a value of one letter, 9 for all else. */
function flag(bytes: Uint8Array, from: number, to: number): number {
  return to - from === 1 && bytes[from] !== undefined ? (bytes[from] as number) - ZERO : 9;
}

/** @returns -1 for what is no number */
function wholeNumber(bytes: Uint8Array, from: number, to: number): number {
  if (to <= from || to - from > MAX_DIGITS) return -1;
  let value = 0;
  for (let at = from; at < to; at++) {
    const digit = bytes[at] as number;
    if (digit < ZERO || digit > NINE) return -1;
    value = value * 10 + digit - ZERO;
  }
  return value;
}

/**
 * Percent-decodes; a `%` without two hex digits stands for itself.
 * @returns how many bytes there are, also if they are more than `into` has room for
 */
function decodeInto(bytes: Uint8Array, from: number, to: number, into: Uint8Array): number {
  let length = 0;
  for (let at = from; at < to; length++) {
    const byte = bytes[at] as number;
    const high = byte === PERCENT && at + 2 < to ? hexDigit(bytes[at + 1] as number) : -1;
    const low = high < 0 ? -1 : hexDigit(bytes[at + 2] as number);
    if (length < into.length) into[length] = low < 0 ? byte : high * 16 + low;
    at += low < 0 ? 1 : 3;
  }
  return length;
}

function hexDigit(byte: number): number {
  if (byte >= ZERO && byte <= NINE) return byte - ZERO;
  // Clearing the bit of lower case makes one letter of both.
  const letter = byte & ~0x20;
  return letter >= 0x41 && letter <= 0x46 ? letter - 0x37 : -1;
}
