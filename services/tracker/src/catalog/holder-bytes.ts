import type { PeerId } from '@pageswarm/primitives';
import { HashTable, hashOfBytes } from '../columns/hash-table.ts';
import type { HolderTable } from './holder-table.ts';

const PEER_ID_BYTES = 20;
const FIRST_PEERS = 1_024;
/** Peers are looked for first where their first two bytes say. */
const PLACES = 65_536;

/**
 * The numbers of peers by the bytes of their ids: very many documents that come at once name the same peers again and
 * again. It knows nothing of peers that go, so it is used only while none does.
 */
export class HolderBytes {
  private ids = Buffer.alloc(FIRST_PEERS * PEER_ID_BYTES);
  private numbers = new Uint32Array(FIRST_PEERS);
  private count = 0;
  /** One more than the last peer that was found there. */
  private readonly recent = new Uint32Array(PLACES);
  private readonly table = new HashTable((peer) => hashOfBytes(this.ids, peer * PEER_ID_BYTES, (peer + 1) * PEER_ID_BYTES));

  constructor(private readonly holders: HolderTable) {}

  /** The number of the peer whose id is at a place. */
  numberOf(bytes: Buffer, at: number): number {
    const place = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const recent = (this.recent[place] as number) - 1;
    if (recent !== -1 && this.isIdOf(recent, bytes, at)) return this.numbers[recent] as number;
    const hash = hashOfBytes(bytes, at, at + PEER_ID_BYTES);
    const known = this.table.find(hash, (peer) => this.isIdOf(peer, bytes, at));
    // Adding may put another array in the place of this one.
    const peer = known === -1 ? this.add(hash, bytes, at) : known;
    this.recent[place] = peer + 1;
    return this.numbers[peer] as number;
  }

  private isIdOf(peer: number, bytes: Buffer, at: number): boolean {
    const { ids } = this;
    const start = peer * PEER_ID_BYTES;
    for (let n = 0; n < PEER_ID_BYTES; n++) if (ids[start + n] !== bytes[at + n]) return false;
    return true;
  }

  private add(hash: number, bytes: Buffer, at: number): number {
    const peer = this.count++;
    if (peer >= this.numbers.length) this.enlarge();
    bytes.copy(this.ids, peer * PEER_ID_BYTES, at, at + PEER_ID_BYTES);
    this.numbers[peer] = this.holders.numberOf(bytes.toString('hex', at, at + PEER_ID_BYTES) as PeerId);
    this.table.add(hash, peer);
    return peer;
  }

  private enlarge(): void {
    const ids = Buffer.alloc(2 * this.ids.length);
    ids.set(this.ids);
    this.ids = ids;
    const numbers = new Uint32Array(2 * this.numbers.length);
    numbers.set(this.numbers);
    this.numbers = numbers;
  }
}
