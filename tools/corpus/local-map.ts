import { readFile } from 'node:fs/promises';
import { buildPageMap, encodePageMap } from '@pageswarm/page-map';
import { choosePieceLength, MemoryByteSource } from '@pageswarm/primitives';

/** What a page map made on the spot tells of a file. */
export interface LocalMap {
  readonly encrypted: boolean;
  /** The cross-reference data were wrong, and the file was scanned. */
  readonly rebuilt: boolean;
  /** The encoded map, in percent of the file. */
  readonly percent: number;
}

export async function mapOfFile(path: string): Promise<LocalMap> {
  const bytes = await readFile(path);
  const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: choosePieceLength(bytes.length) });
  const { encrypted, rebuilt } = map.details;
  return { encrypted, rebuilt, percent: (100 * encodePageMap(map).length) / Math.max(1, bytes.length) };
}
