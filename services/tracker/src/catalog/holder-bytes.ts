import type { PeerId } from '@pageswarm/primitives';
import { HashTable, hashOfBytes } from '../columns/hash-table.ts';
import type { HolderTable } from './holder-table.ts';

const PEER_ID_BYTES = 20;
const FIRST_PEERS = 1_024;

/**
 * The numbers of peers by the bytes of their ids: very many documents that come at once name the same peers again and
 * again. It knows nothing of peers that go, so it is used only while none does.
 */
export class HolderBytes {
  private ids = Buffer.alloc(FIRST_PEERS * PEER_ID_BYTES);
  private numbers = new Uint32Array(FIRST_PEERS);
  private count = 0;
  private readonly table = new HashTable((peer) => hashOfBytes(this.ids, peer * PEER_ID_BYTES, (peer + 1) * PEER_ID_BYTES));

  constructor(private readonly holders: HolderTable) {}

  /** The number of the peer whose id is at a place. */
  numberOf(bytes: Buffer, at: number): number {
    const hash = hashOfBytes(bytes, at, at + PEER_ID_BYTES);
    const known = this.table.find(hash, (peer) => {
      const start = peer * PEER_ID_BYTES;
      for (let n = 0; n < PEER_ID_BYTES; n++) if (this.ids[start + n] !== bytes[at + n]) return false;
      return true;
    });
    // Adding may put another array in the place of this one.
    const peer = known === -1 ? this.add(hash, bytes, at) : known;
    return this.numbers[peer] as number;
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
