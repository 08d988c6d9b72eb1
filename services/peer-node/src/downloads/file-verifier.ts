import { createHash } from 'node:crypto';
import type { LocalDocument } from '../library/local-document.ts';

/** How much of a finished file is read at a time, in bytes; a multiple of no piece length in particular. */
const READ_BYTES = 1_048_576;

/** Reads a finished document once more from the disk. */
export class FileVerifier {
  constructor(private readonly document: LocalDocument) {}

  /**
   * The md5 of the file as it lies on the disk. Each piece was verified when it came; if the md5 is still not the expected
   * one, every piece is checked again, and those that changed on the disk are forgotten.
   */
  async verify(): Promise<{ readonly md5: string; readonly rotten: number }> {
    const md5 = await this.md5();
    return { md5, rotten: md5 === this.document.record.md5 ? 0 : await this.forgetRotten() };
  }

  private async md5(): Promise<string> {
    const hash = createHash('md5');
    const { size } = this.document.record;
    for (let offset = 0; offset < size; offset += READ_BYTES)
      hash.update(await this.document.pieces.read(offset, Math.min(READ_BYTES, size - offset)));
    return hash.digest('hex');
  }

  private async forgetRotten(): Promise<number> {
    const { pieceLength } = this.document.record;
    let rotten = 0;
    for (let piece = 0; piece < this.document.have.size; piece++) {
      const bytes = await this.document.pieces.read(piece * pieceLength, this.document.sizeOfPiece(piece));
      if (this.document.verifies(piece, bytes)) continue;
      await this.document.pieces.forget(piece);
      rotten++;
    }
    return rotten;
  }
}
