import { Buffer } from 'node:buffer';
import { UnmappableError } from './limits.ts';
import { formatValue, type PdfDictionary, type PdfValue } from './pdf-values.ts';
import { collectAllReferences } from './references.ts';
import { withEntry } from './view-tree.ts';

type Entry =
  | { readonly kind: 'plain'; readonly offset: number; readonly gen: number }
  | { readonly kind: 'compressed'; readonly container: number; readonly index: number };

/** The highest generation that an entry may have (ISO 32000-1, 7.5.4); a damaged file has any, which no reference names. */
const MAX_GENERATION = 65_535;

/** Writes a small PDF out of objects that keep their numbers. */
export class ViewWriter {
  private readonly parts: Uint8Array[] = [];
  private readonly entries = new Map<number, Entry>();
  private readonly mentioned = new Set<number>();
  private length = 0;

  constructor(
    version: string,
    private readonly maxBytes: number,
  ) {
    this.write(Buffer.from(`%PDF-${version}\n%\xe2\xe3\xcf\xd3\n`, 'latin1'));
  }

  /** Adds an object as its bytes stand in the file, from `num gen obj` on; `value` is what they mean. */
  addRaw(num: number, gen: number, bytes: Uint8Array, value: PdfValue): void {
    collectAllReferences(value, this.mentioned);
    this.entries.set(num, { kind: 'plain', offset: this.length, gen });
    this.write(bytes);
    // White space may stand between the keyword and the end, and a broken file leaves the keyword out.
    const tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - 16))).toString('latin1');
    this.write(Buffer.from(/endobj\s*$/.test(tail) ? '\n' : '\nendobj\n', 'latin1'));
  }

  /** Adds an object with `body` as its text. */
  addText(num: number, gen: number, body: Uint8Array, value: PdfValue): void {
    this.addRaw(num, gen, Buffer.concat([Buffer.from(`${num} ${gen} obj\n`, 'latin1'), body]), value);
  }

  addValue(num: number, gen: number, value: PdfValue): void {
    this.addText(num, gen, Buffer.from(formatValue(value), 'latin1'), value);
  }

  /** Says that an object lies in an object stream, which is added by itself. */
  addCompressed(num: number, container: number, index: number, value: PdfValue): void {
    collectAllReferences(value, this.mentioned);
    this.entries.set(num, { kind: 'compressed', container, index });
  }

  /**
   * Adds a cross-reference stream, with the entries of the trailer. Every number that is mentioned but not here is listed as free. It is a
   * stream even where no object lies in one: poppler takes a free entry of a table that something asks for as damage, and scans the file.
   * @param highest number of the document: mentions beyond it mean nothing there either
   */
  finish(trailer: PdfDictionary, highest: number): Uint8Array {
    collectAllReferences(trailer, this.mentioned);
    const missing = [...this.mentioned].filter((num) => num <= highest);
    const numbers = [...new Set([0, ...missing, ...this.entries.keys()])].sort((a, b) => a - b);
    const own = (numbers.at(-1) as number) + 1;
    const start = this.length;
    this.entries.set(own, { kind: 'plain', offset: start, gen: 0 });
    const listed = [...numbers, own];
    const rows = Buffer.alloc(listed.length * 8);
    for (const [index, num] of listed.entries()) {
      const entry = this.entries.get(num);
      const [type, position, detail] = !entry
        ? [0, 0, MAX_GENERATION]
        : entry.kind === 'plain'
          ? [1, entry.offset, Math.min(entry.gen, MAX_GENERATION)]
          : [2, entry.container, entry.index];
      rows.writeUInt8(type, index * 8);
      rows.writeUIntBE(position, index * 8 + 1, 5);
      rows.writeUInt16BE(detail, index * 8 + 6);
    }
    const dictionary = withEntry(trailer, 'Size', own + 1);
    dictionary.add('Type', 'XRef');
    dictionary.add('W', [1, 5, 2]);
    dictionary.add('Index', subsections(listed).flat());
    dictionary.add('Length', rows.length);
    const head = Buffer.from(`${own} 0 obj\n${formatValue(dictionary)}\nstream\n`, 'latin1');
    this.write(Buffer.concat([head, rows, Buffer.from('\nendstream\nendobj\n', 'latin1')]));
    this.write(Buffer.from(`startxref\n${start}\n%%EOF\n`, 'latin1'));
    return Buffer.concat(this.parts, this.length);
  }

  /** @throws UnmappableError if so many bytes more do not fit: asked before they are read */
  checkRoom(bytes: number): void {
    if (this.length + bytes > this.maxBytes) throw new UnmappableError(`a view of this page has more than ${this.maxBytes} bytes`);
  }

  private write(bytes: Uint8Array): void {
    this.checkRoom(bytes.length);
    this.length += bytes.length;
    this.parts.push(bytes);
  }
}

function subsections(numbers: readonly number[]): [first: number, count: number][] {
  const sections: [number, number][] = [];
  for (const num of numbers) {
    const last = sections.at(-1);
    if (last && last[0] + last[1] === num) last[1]++;
    else sections.push([num, 1]);
  }
  return sections;
}
