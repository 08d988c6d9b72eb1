import { Buffer } from 'node:buffer';
import { type ByteSource, type IndexRange, indexesOf } from '@pageswarm/primitives';
import type { PageMap } from './page-map.ts';

/** For tests alone: what a {@link PartialSource} rejects with. */
export class MissingPieceError extends Error {
  override readonly name = 'MissingPieceError';
}

/** For tests alone: a document of which only some pieces are here. It says which it was asked for. */
export class PartialSource implements ByteSource {
  readonly have = new Set<number>();
  readonly asked = new Set<number>();

  constructor(
    private readonly bytes: Uint8Array,
    private readonly pieceLength: number,
  ) {}

  /** With the pieces that the map says one page needs, and no others. */
  static ofPage(bytes: Uint8Array, map: PageMap, page: number): PartialSource {
    const source = new PartialSource(bytes, map.pieceLength);
    source.store([...map.structure, ...(map.closures[page] ?? [])]);
    return source;
  }

  get size(): number {
    return this.bytes.length;
  }

  store(pieces: readonly IndexRange[]): void {
    for (const piece of indexesOf(pieces)) this.have.add(piece);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const { pieceLength } = this;
    for (let piece = Math.floor(offset / pieceLength); piece <= Math.floor((offset + length - 1) / pieceLength); piece++) {
      this.asked.add(piece);
      if (!this.have.has(piece)) throw new MissingPieceError(`piece ${piece} is not here`);
    }
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + offset, length);
  }
}
