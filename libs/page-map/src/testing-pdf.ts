import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';

/** For tests alone: writes small PDFs object by object, right or as wrong as a test wants them. */
export interface TestPdfOptions {
  /** @default 'table' */
  readonly xref?: 'table' | 'stream' | 'none';
  /** Numbers of objects that go into one object stream; needs `xref: 'stream'`. */
  readonly packed?: readonly number[];
  /** More entries of the object stream. */
  readonly packedEntries?: string;
  /** Bytes before the header. */
  readonly junk?: string;
  /** Offsets count from the first byte of the file instead of from the header. */
  readonly offsetsFromFile?: boolean;
  /** Changes each offset before it is written. */
  readonly offset?: (num: number, offset: number) => number;
  readonly trailer?: string;
  readonly predictor?: boolean;
}

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

export class TestPdf {
  private readonly bodies = new Map<number, Buffer>();

  /** Adds an object with this text as its value. */
  object(num: number, body: string): this {
    this.bodies.set(num, latin1(body));
    return this;
  }

  /** Adds a stream; its /Length is right unless `length` says otherwise. */
  stream(num: number, dictionary: string, data: string | Uint8Array, length: string | number = Buffer.from(data as string).length): this {
    const bytes = typeof data === 'string' ? latin1(data) : data;
    const declared = typeof length === 'string' ? length : bytes.length;
    const head = latin1(`<<${dictionary} /Length ${declared}>>\nstream\n`);
    this.bodies.set(num, Buffer.concat([head, bytes, latin1('\nendstream')]));
    return this;
  }

  toBytes(options: TestPdfOptions = {}): Buffer {
    const junk = latin1(options.junk ?? '');
    const parts: Buffer[] = [];
    let length = 0;
    const add = (...more: Buffer[]): void => {
      for (const part of more) length += part.length;
      parts.push(...more);
    };
    add(junk, latin1('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'));
    const base = options.offsetsFromFile ? 0 : junk.length;
    const offsets = new Map<number, number>();
    const put = (num: number, body: Buffer): void => {
      const offset = length - base;
      offsets.set(num, options.offset?.(num, offset) ?? offset);
      add(latin1(`${num} 0 obj\n`), body, latin1('\nendobj\n'));
    };
    const packed = new Map<number, number>();
    let next = 1;
    for (const [num, body] of this.bodies) {
      if (!options.packed?.includes(num)) put(num, body);
      next = Math.max(next, num + 1);
    }
    if (options.packed) put(next, this.objectStream(options.packed, packed, options.packedEntries ?? ''));
    const start = length - base;
    const trailer = options.trailer ?? '/Root 1 0 R';
    if (options.xref === 'stream') add(this.xrefStream(next + 1, start, offsets, packed, next, trailer, options.predictor ?? false));
    else if (options.xref !== 'none') add(xrefTable(offsets, trailer));
    if (options.xref !== 'none') add(latin1(`startxref\n${start}\n%%EOF\n`));
    return Buffer.concat(parts);
  }

  private objectStream(numbers: readonly number[], packed: Map<number, number>, entries: string): Buffer {
    let head = '';
    const bodies: Buffer[] = [];
    let offset = 0;
    for (const [index, num] of numbers.entries()) {
      const body = Buffer.concat([this.bodies.get(num) ?? latin1('null'), latin1(' ')]);
      head += `${num} ${offset} `;
      offset += body.length;
      bodies.push(body);
      packed.set(num, index);
    }
    const data = deflateSync(Buffer.concat([latin1(head), ...bodies]));
    const dictionary = `<</Type /ObjStm /N ${numbers.length} /First ${head.length} ${entries} /Filter /FlateDecode /Length ${data.length}>>`;
    return Buffer.concat([latin1(`${dictionary}\nstream\n`), data, latin1('\nendstream')]);
  }

  private xrefStream(
    own: number,
    start: number,
    offsets: ReadonlyMap<number, number>,
    packed: ReadonlyMap<number, number>,
    container: number,
    trailer: string,
    predictor: boolean,
  ): Buffer {
    const rows = Buffer.alloc((own + 1) * 7);
    for (let num = 1; num <= own; num++) {
      const offset = num === own ? start : offsets.get(num);
      const index = packed.get(num);
      const [type, position, detail] = offset !== undefined ? [1, offset, 0] : index !== undefined ? [2, container, index] : [0, 0, 0];
      rows.writeUInt8(type, num * 7);
      rows.writeInt32BE(position, num * 7 + 1);
      rows.writeUInt16BE(detail, num * 7 + 5);
    }
    const data = deflateSync(predictor ? pngUp(rows, 7) : rows);
    const parameters = predictor ? '/DecodeParms <</Predictor 12 /Columns 7>> ' : '';
    const dictionary = `<</Type /XRef /Size ${own + 1} /W [1 4 2] ${parameters}/Filter /FlateDecode /Length ${data.length} ${trailer}>>`;
    return Buffer.concat([latin1(`${own} 0 obj\n${dictionary}\nstream\n`), data, latin1('\nendstream\nendobj\n')]);
  }
}

/** A cross-reference table of these offsets with one subsection for each number, and its trailer. */
export function xrefTable(offsets: ReadonlyMap<number, number>, trailer: string): Buffer {
  const lines = [...offsets].sort(([a], [b]) => a - b).map(([num, offset]) => `${num} 1\n${String(offset).padStart(10, '0')} 00000 n \n`);
  const size = [...offsets.keys()].reduce((highest, num) => Math.max(highest, num), 0) + 1;
  return latin1(`xref\n0 1\n0000000000 65535 f \n${lines.join('')}trailer\n<</Size ${size} ${trailer}>>\n`);
}

function pngUp(rows: Uint8Array, width: number): Buffer {
  const lines: Buffer[] = [];
  for (let at = 0; at < rows.length; at += width)
    lines.push(
      Buffer.from([2, ...Array.from({ length: width }, (_, index) => ((rows[at + index] ?? 0) - (rows[at + index - width] ?? 0)) & 0xff)]),
    );
  return Buffer.concat(lines);
}

/**
 * A document of `count` pages: 1 catalog, 2 root node, 3 font that all pages share, then for page k (from 0) its dictionary at 10 + 2k and
 * its content at 11 + 2k.
 */
export function testDocument(count: number, contentBytes = 200): TestPdf {
  const pdf = new TestPdf().object(1, '<</Type /Catalog /Pages 2 0 R>>');
  const kids = Array.from({ length: count }, (_, page) => `${10 + 2 * page} 0 R`).join(' ');
  pdf.object(2, `<</Type /Pages /Kids [${kids}] /Count ${count} /MediaBox [0 0 200 200] /Resources <</Font <</F1 3 0 R>>>>>>`);
  pdf.object(3, '<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>');
  for (let page = 0; page < count; page++) {
    pdf.object(10 + 2 * page, `<</Type /Page /Parent 2 0 R /Contents ${11 + 2 * page} 0 R>>`);
    pdf.stream(11 + 2 * page, '', `BT /F1 12 Tf 20 100 Td (Page ${page + 1}) Tj ET${' '.repeat(contentBytes)}`);
  }
  return pdf;
}
