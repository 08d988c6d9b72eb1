import { Buffer } from 'node:buffer';
import type { TellText } from '../catalog/description.ts';
import { LONGEST_VARINT, VarintReader, writeVarint } from '../columns/varint.ts';
import type { TextSource } from '../search/name-index-filling.ts';

const FIRST_BYTES = 65_536;

/** Texts of documents in the order of their slots, as bytes for another thread: how many each has, then each behind its length. */
export class TextsWriter {
  private bytes = new Uint8Array(FIRST_BYTES);
  private end = 0;

  /** The texts of the document in the next slot; none for a slot without one. */
  add(slot: number, source: TextSource): void {
    this.reserve(1);
    const start = this.end++;
    // A name, a title and the other names that are kept are fewer than a byte counts.
    const texts = source.readTexts(slot, this.append);
    this.bytes[start] = texts;
  }

  /** In bytes, of all that was added since the last time. */
  get length(): number {
    return this.end;
  }

  /** All that was added since the last time; its memory may be moved elsewhere. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.bytes.slice(0, this.end);
    this.end = 0;
    return taken;
  }

  private readonly append: TellText = (bytes, start, end) => {
    const length = end - start;
    this.reserve(length + LONGEST_VARINT);
    const target = this.bytes;
    let at = writeVarint(target, this.end, length);
    for (let from = start; from < end; from++) target[at++] = bytes[from] as number;
    this.end = at;
  };

  private reserve(length: number): void {
    if (this.end + length <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.end + length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** Reads them again, a document at a time, in the same order. */
export class TextsReader implements TextSource {
  private readonly bytes: Buffer;
  private readonly reader: VarintReader;

  constructor({ buffer, byteOffset, length }: Uint8Array<ArrayBuffer>) {
    this.bytes = Buffer.from(buffer, byteOffset, length);
    this.reader = new VarintReader(this.bytes);
  }

  get isAtEnd(): boolean {
    return this.reader.at === this.bytes.length;
  }

  readTexts(_slot: number, tell: TellText): number {
    const { bytes, reader } = this;
    const texts = bytes[reader.at++] as number;
    for (let n = 0; n < texts; n++) {
      const length = reader.next();
      const start = reader.at;
      reader.at += length;
      tell(bytes, start, reader.at);
    }
    return texts;
  }
}
