/**
 * The blocks of the document that this child read last: whoever looks at a page of it looks at the next, and the structure
 * is needed for every page. One document, so that what is kept is bounded by what one document may keep.
 */
export class RecentBlocks {
  private key: string | undefined;
  private blocks = new Map<number, Uint8Array>();

  /** @param name of the document and where it is read; without one nothing is kept for a later job */
  of(name: string | undefined, blockBytes: number): Map<number, Uint8Array> {
    const key = name === undefined ? undefined : `${name} ${blockBytes}`;
    if (key === undefined || key !== this.key) this.blocks = new Map();
    this.key = key;
    return this.blocks;
  }
}
