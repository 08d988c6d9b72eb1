import { createHash } from 'node:crypto';
import { pieceSize } from '@pageswarm/primitives';
import type { LocalDocument } from '../library/local-document.ts';

/** How much is read back from the disk at a time, in bytes (at least one piece). */
export const READ_BACK_BYTES = 1_048_576;

/**
 * The md5 of a document while it arrives, so that the finished file need not be read again. What comes in order is taken from
 * memory; what came too early is read back once everything before it is there.
 */
export class RunningMd5 {
  private readonly hash = createHash('md5');
  /** The piece whose turn it is; all before it are in the hash. */
  private next = 0;
  private readingBack: Promise<void> | undefined;

  constructor(private readonly document: LocalDocument) {}

  /** A piece was verified. Its bytes are not kept. */
  verified(piece: number, bytes: Uint8Array): void {
    if (piece !== this.next || this.readingBack !== undefined) return;
    this.hash.update(bytes);
    this.next++;
  }

  /** A piece was stored: perhaps it is the one that later ones waited for. */
  stored(): void {
    // Nobody waits for this promise but finish(), which tries again what failed.
    this.catchUp().catch(() => undefined);
  }

  /**
   * The md5 in hex, once every piece is stored. Ends this hash: ask once.
   * @throws PageSwarmError STORE_FAILED, PIECE_NOT_HERE
   */
  async finish(): Promise<string> {
    await this.readingBack?.catch(() => undefined);
    await this.catchUp();
    return this.hash.digest('hex');
  }

  private catchUp(): Promise<void> {
    if (this.readingBack === undefined && this.next < this.document.have.size && this.document.have.has(this.next))
      this.readingBack = this.readBack().finally(() => {
        this.readingBack = undefined;
      });
    return this.readingBack ?? Promise.resolve();
  }

  private async readBack(): Promise<void> {
    const { have, pieces, record } = this.document;
    while (this.next < have.size && have.has(this.next)) {
      const first = this.next;
      let end = first;
      let length = 0;
      while (end < have.size && have.has(end) && (end === first || length + record.pieceLength <= READ_BACK_BYTES))
        length += pieceSize(end++, record.size, record.pieceLength);
      this.hash.update(await pieces.read(first * record.pieceLength, length));
      this.next = end;
    }
  }
}
