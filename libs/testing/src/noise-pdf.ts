import { createCipheriv, createHash } from 'node:crypto';

export interface NoisePdfOptions {
  readonly pages: number;
  /** Bytes of the picture on each page, rounded up to rows of 3 KiB; the whole PDF is a little more than `pages` times that. */
  readonly pageBytes: number;
  /** Decides the noise: other seed, other bytes, other document. */
  readonly seed: number;
}

/** Pixels of one row of a picture; three bytes each. */
const ROW_PIXELS = 1_024;

/**
 * A valid PDF (ISO 32000-1, classic cross-reference table) with one page-wide picture of noise on each page: as big as wanted, not
 * compressible, and the same bytes for a seed on every machine.
 */
export function noisePdf({ pages, pageBytes, seed }: NoisePdfOptions): Buffer {
  const rows = Math.max(1, Math.ceil(pageBytes / (ROW_PIXELS * 3)));
  const writer = new ObjectWriter();
  const kids = Array.from({ length: pages }, (_, page) => `${3 + page * 3} 0 R`).join(' ');
  writer.add('<< /Type /Catalog /Pages 2 0 R >>');
  writer.add(`<< /Type /Pages /Count ${pages} /Kids [${kids}] /MediaBox [0 0 612 792] >>`);
  for (let page = 0; page < pages; page++) {
    const first = 3 + page * 3;
    writer.add(`<< /Type /Page /Parent 2 0 R /Contents ${first + 1} 0 R /Resources << /XObject << /Noise ${first + 2} 0 R >> >> >>`);
    writer.addStream('', Buffer.from('q 612 0 0 792 0 0 cm /Noise Do Q'));
    writer.addStream(
      `/Type /XObject /Subtype /Image /Width ${ROW_PIXELS} /Height ${rows} /ColorSpace /DeviceRGB /BitsPerComponent 8`,
      noise(rows * ROW_PIXELS * 3, `${seed}/${page}`),
    );
  }
  return writer.finish();
}

/** Bytes that look random and are the same for a seed: the key stream of AES in counter mode. */
export function noise(bytes: number, seed: string | number): Buffer {
  const key = createHash('sha256').update(String(seed)).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(bytes));
}

class ObjectWriter {
  private readonly parts: Buffer[] = [];
  private readonly offsets: number[] = [];
  private length = 0;

  constructor() {
    // The comment of four high bytes tells programs that move files that this one is binary (ISO 32000-1, section 7.5.2).
    this.append(Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1'));
  }

  add(body: string): void {
    this.offsets.push(this.length);
    this.append(Buffer.from(`${this.offsets.length} 0 obj\n${body}\nendobj\n`, 'latin1'));
  }

  addStream(entries: string, content: Buffer): void {
    this.offsets.push(this.length);
    this.append(Buffer.from(`${this.offsets.length} 0 obj\n<< ${entries} /Length ${content.length} >>\nstream\n`, 'latin1'));
    this.append(content);
    this.append(Buffer.from('\nendstream\nendobj\n', 'latin1'));
  }

  finish(): Buffer {
    const start = this.length;
    const entries = this.offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
    const size = this.offsets.length + 1;
    const table = `xref\n0 ${size}\n0000000000 65535 f \n${entries}`;
    this.append(Buffer.from(`${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`, 'latin1'));
    return Buffer.concat(this.parts, this.length);
  }

  private append(part: Buffer): void {
    this.parts.push(part);
    this.length += part.length;
  }
}
