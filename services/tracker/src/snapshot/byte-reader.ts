import { isUtf8 } from 'node:buffer';
import { PageSwarmError, type PeerId } from '@pageswarm/primitives';

/** Seven bits in each: more bytes than this cannot be a whole number that a double holds. */
const MAX_COUNT_BYTES = 8;
const PEER_ID_BYTES = 20;
/** How many texts of peer ids are kept, a power of two: each in the place that its first bytes say, the last one that came. */
const KNOWN_PEERS = 16_384;
const knownPeers: ({ readonly bytes: Buffer; readonly text: PeerId } | undefined)[] = new Array(KNOWN_PEERS);

const REPLACEMENT = '\uFFFD';

/** Reads what a ByteWriter wrote. Every method throws PageSwarmError INVALID_SNAPSHOT where the bytes are none of its making. */
export class ByteReader {
  private at = 0;

  constructor(private readonly buffer: Buffer) {}

  byte(): number {
    return this.buffer[this.take(1)] as number;
  }

  hex(bytes: number): string {
    const from = this.take(bytes);
    return this.buffer.toString('hex', from, this.at);
  }

  /** A peer id; entries name the same few thousand peers again and again, so the text of each is made once. */
  peerId(): PeerId {
    const { buffer } = this;
    const from = this.take(PEER_ID_BYTES);
    const place = ((buffer[from] as number) | ((buffer[from + 1] as number) << 8)) & (KNOWN_PEERS - 1);
    const known = knownPeers[place];
    if (known !== undefined) {
      let same = 0;
      while (same < PEER_ID_BYTES && known.bytes[same] === buffer[from + same]) same++;
      if (same === PEER_ID_BYTES) return known.text;
    }
    const bytes = Buffer.from(buffer.subarray(from, this.at));
    const text = bytes.toString('hex') as PeerId;
    knownPeers[place] = { bytes, text };
    return text;
  }

  /** @param max the largest value that is accepted */
  count(max: number): number {
    let value = 0;
    let scale = 1;
    for (let n = 0; n < MAX_COUNT_BYTES; n++, scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte >= 0x80) continue;
      if (value > max || (byte === 0 && n > 0)) break;
      return value;
    }
    throw foreign(`no number up to ${max}`);
  }

  moment(): number {
    const value = this.buffer.readDoubleBE(this.take(8));
    if (!Number.isFinite(value) || Number.isNaN(new Date(value).getTime())) throw foreign('no moment');
    return value;
  }

  /** @param maxLength in UTF-16 units, as limits of texts are counted everywhere */
  text(minLength: number, maxLength: number): string {
    const from = this.take(this.count(3 * maxLength));
    const text = this.buffer.toString('utf8', from, this.at);
    const isDamaged = text.includes(REPLACEMENT) && !isUtf8(this.buffer.subarray(from, this.at));
    if (isDamaged || text.length < minLength || text.length > maxLength) throw foreign('no text of the right length');
    return text;
  }

  optionalText(maxLength: number): string | null {
    return this.flag() ? this.text(0, maxLength) : null;
  }

  flag(): boolean {
    const byte = this.byte();
    if (byte > 1) throw foreign('no flag');
    return byte === 1;
  }

  /** There may be nothing more. */
  end(): void {
    if (this.at !== this.buffer.length) throw foreign('too long');
  }

  private take(bytes: number): number {
    const from = this.at;
    this.at += bytes;
    if (this.at > this.buffer.length) throw foreign('too short');
    return from;
  }
}

/** What an entry that this tracker's kind did not write is answered with. */
export function foreign(what: string): PageSwarmError {
  return new PageSwarmError('INVALID_SNAPSHOT', `An entry of the snapshot is not of this version's making: ${what}`);
}
