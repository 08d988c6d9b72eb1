import { Buffer } from 'node:buffer';
import { deflateSync } from 'node:zlib';
import { type Random, randomInteger } from '@pageswarm/primitives';
import { mutated, oneOf } from './testing-mutations.ts';
import { TestPdf } from './testing-pdf.ts';

/** For tests alone: files whose syntax is mostly right and whose structure is anything; every reference leads anywhere. */
const OBJECTS = 14;
const KEYS = [
  ...['Type', 'Subtype', 'Kids', 'Parent', 'Pages', 'Count', 'Contents', 'Resources', 'MediaBox', 'Annots', 'P', 'K', 'S', 'Pg', 'T', 'FT'],
  ...['Title', 'Rect', 'AcroForm', 'Fields', 'DR', 'OCProperties', 'Length', 'Filter', 'DecodeParms', 'N', 'First', 'W', 'Index', 'Size'],
  ...['Prev', 'XRefStm', 'Extends', 'Root', 'Encrypt', 'ID'],
];
const TYPES = ['/Page', '/Pages', '/Catalog', '/Annot', '/StructElem', '/Outlines', '/ObjStm', '/XRef', '/Template', '/Widget', '/Form'];
const SCALARS = ['null', 'true', '(text)', '<41>', '/Name', '0.5', '-1', '65536', '2147483647', '4294967296', '1000000000000000'];

/** Writes one file: the same random numbers give the same file. */
class StructureWriter {
  constructor(private readonly random: Random) {}

  private upTo(count: number): number {
    return randomInteger(this.random, 0, count);
  }

  private chance(share: number): boolean {
    return this.random.next() < share;
  }

  private ref(): string {
    return `${1 + this.upTo(OBJECTS + 1)} 0 R`;
  }

  private refs(): string {
    return `[${Array.from({ length: this.upTo(5) }, () => this.ref()).join(' ')}]`;
  }

  private count(): string {
    return this.chance(0.7) ? String(this.upTo(30)) : oneOf(this.random, SCALARS.slice(6));
  }

  private value(): string {
    const kind = this.upTo(5);
    if (kind === 0) return this.refs();
    if (kind === 1) return oneOf(this.random, SCALARS);
    if (kind === 2) return `<</Kids [${this.ref()}] /A ${this.ref()}>>`;
    return kind === 3 ? this.count() : this.ref();
  }

  private entries(most: number): string {
    return Array.from({ length: this.upTo(most) }, () =>
      this.chance(0.3)
        ? `/${oneOf(this.random, ['Type', 'Subtype'])} ${oneOf(this.random, TYPES)}`
        : `/${oneOf(this.random, KEYS)} ${this.value()}`,
    ).join(' ');
  }

  private plain(): string {
    const kind = this.upTo(6);
    if (kind === 0) return this.value();
    if (kind === 1) return `<</Type /Pages /Kids ${this.refs()} /Parent ${this.ref()} /Count ${this.count()}>>`;
    if (kind === 2) return `<</Type /Catalog /Pages ${this.ref()} /AcroForm ${this.value()} ${this.entries(3)}>>`;
    if (kind < 5) return `<</Type /Page /Parent ${this.ref()} /Contents ${this.ref()} /Annots ${this.refs()} ${this.entries(3)}>>`;
    return `<<${this.entries(7)}>>`;
  }

  /** A stream, an object stream or a cross-reference stream: what its dictionary announces need not be in it. */
  private addStream(pdf: TestPdf, num: number): void {
    const isRight = this.chance(0.6);
    const kind = this.upTo(3);
    const members = Array.from({ length: this.upTo(5) }, () => [1 + this.upTo(OBJECTS), this.upTo(60), this.plain()] as const);
    const header = members.map(([member, offset]) => `${member} ${offset}`).join(' ');
    const rows = Array.from({ length: this.upTo(60) }, () => String.fromCharCode(this.upTo(256))).join('');
    const text = kind === 0 ? `${header} ${members.map(([, , body]) => body).join(' ')}` : rows;
    // Now and then far more comes out than went in.
    const data = deflateSync(Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(this.chance(0.05) ? 300_000 : 0)]));
    const first = isRight ? String(header.length + 1) : this.count();
    const widths = Array.from({ length: 3 }, () => this.upTo(9)).join(' ');
    const head = [
      `/Type /ObjStm /N ${isRight ? members.length : this.count()} /First ${first}`,
      `/Type /XRef /W [${widths}] /Size ${this.count()}`,
      this.entries(3),
    ][kind];
    const length = isRight ? data.length : this.chance(0.5) ? this.ref() : this.count();
    pdf.stream(num, `${head} /Filter ${this.chance(0.9) ? '/FlateDecode' : this.value()} ${this.entries(2)}`, data, length);
  }

  file(): Buffer {
    const pdf = new TestPdf();
    for (let num = 1; num <= OBJECTS; num++)
      if (this.chance(0.2)) this.addStream(pdf, num);
      else pdf.object(num, this.plain());
    if (this.chance(0.8)) pdf.object(1, `<</Type /Catalog /Pages 2 0 R ${this.entries(3)}>>`);
    if (this.chance(0.8)) pdf.object(2, `<</Type /Pages /Kids [3 0 R ${this.ref()} 4 0 R] /Resources ${this.value()} ${this.entries(2)}>>`);
    if (this.chance(0.8))
      pdf.object(3, `<</Type /Page /Parent 2 0 R /Contents ${this.value()} /Annots ${this.refs()} ${this.entries(3)}>>`);
    const xref = oneOf(this.random, ['table', 'table', 'stream', 'stream', 'none'] as const);
    const strayed = this.chance(0.2) ? 1 + this.upTo(OBJECTS) : 0;
    const stray = this.upTo(80) - 40;
    const bytes = pdf.toBytes({
      xref,
      packed: xref === 'stream' && this.chance(0.7) ? [...new Set(Array.from({ length: 6 }, () => 1 + this.upTo(OBJECTS)))] : undefined,
      junk: this.chance(0.15) ? oneOf(this.random, ['junk\n', '1 0 obj null endobj ']) : '',
      offsetsFromFile: this.chance(0.3),
      predictor: this.chance(0.3),
      offset: (num, offset) => (num === strayed ? Math.max(0, offset + stray) : offset),
      trailer: this.chance(0.85) ? '/Root 1 0 R' : this.entries(4),
    });
    return this.chance(0.3) ? this.withRevision(bytes) : bytes;
  }

  /** A revision replaces or frees objects, and names the section before it, or any other place, as the older one and as a hidden one. */
  private withRevision(bytes: Buffer): Buffer {
    const parts: Buffer[] = [bytes];
    let length = bytes.length;
    let rows = '';
    for (let left = 1 + this.upTo(3); left > 0; left--) {
      const num = 1 + this.upTo(OBJECTS);
      const isFree = this.chance(0.2);
      const text = Buffer.from(isFree ? '' : `${num} 0 obj\n${this.plain()}\nendobj\n`, 'latin1');
      rows += `${num} 1\n${String(length).padStart(10, '0')} 00000 ${isFree ? 'f' : 'n'} \n`;
      parts.push(text);
      length += text.length;
    }
    const older = Number(/startxref\n(\d+)/.exec(bytes.toString('latin1'))?.[1] ?? 0);
    const place = (): number => (this.chance(0.7) ? older : this.upTo(length + 100));
    const hidden = this.chance(0.3) ? ` /XRefStm ${place()}` : '';
    const trailer = `trailer\n<</Size ${OBJECTS + 2} /Root 1 0 R /Prev ${place()}${hidden}>>\nstartxref\n${length}\n%%EOF\n`;
    return Buffer.concat([...parts, Buffer.from(`xref\n${rows}${trailer}`, 'latin1')]);
  }
}

/** A file of any structure, sometimes with a few of its bytes changed as well. */
export function structuredPdf(random: Random): Buffer {
  const bytes = new StructureWriter(random).file();
  return random.next() < 0.3 ? mutated(bytes, random, 1 + randomInteger(random, 0, 2)) : bytes;
}
