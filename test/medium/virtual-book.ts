import type { ByteSource } from '@pageswarm/primitives';

/** Five thousand bytes of noise, over and over: what does not shrink and costs nothing to make. */
const NOISE = Uint8Array.from({ length: 5_003 }, (_, index) => (index * 7_919 + (index >> 3) * 104_729) & 255);

/** A scanned book of any size that is never there as a whole: each page has a picture of its own and five words. */
export class VirtualBook implements ByteSource {
  readonly size: number;
  private readonly parts: { readonly offset: number; readonly length: number; readonly text?: Uint8Array }[] = [];

  constructor(
    readonly pages: number,
    pictureBytes: number,
  ) {
    const side = Math.ceil(Math.sqrt(pictureBytes));
    const offsets: number[] = [];
    let size = 0;
    const put = (part: { length: number; text?: Uint8Array }) => {
      this.parts.push({ offset: size, ...part });
      size += part.length;
    };
    const putText = (text: string) => put({ length: text.length, text: Buffer.from(text, 'latin1') });
    const begin = (number: number) => {
      offsets[number] = size;
      putText(`${number} 0 obj\n`);
    };
    putText('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n');
    begin(1);
    putText('<< /Type /Catalog /Pages 2 0 R >>\nendobj\n');
    begin(2);
    const kids = Array.from({ length: pages }, (_, page) => `${4 + 3 * page} 0 R`).join(' ');
    putText(`<< /Type /Pages /Count ${pages} /Kids [${kids}] >>\nendobj\n`);
    begin(3);
    putText('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>\nendobj\n');
    for (let page = 0; page < pages; page++) {
      const number = 4 + 3 * page;
      begin(number);
      const resources = `/Resources << /Font << /F 3 0 R >> /XObject << /P ${number + 2} 0 R >> >>`;
      putText(`<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 400] /Contents ${number + 1} 0 R ${resources} >>\nendobj\n`);
      const contents = `q 150 0 0 150 0 0 cm /P Do Q BT /F 12 Tf 20 350 Td (page ${page + 1} of the book) Tj ET`;
      begin(number + 1);
      putText(`<< /Length ${contents.length} >>\nstream\n${contents}\nendstream\nendobj\n`);
      begin(number + 2);
      const picture = `/Type /XObject /Subtype /Image /Width ${side} /Height ${side} /BitsPerComponent 8 /ColorSpace /DeviceGray`;
      putText(`<< ${picture} /Length ${side * side} >>\nstream\n`);
      put({ length: side * side });
      putText('\nendstream\nendobj\n');
    }
    const rows = offsets.slice(1).map((at) => `${String(at).padStart(10, '0')} 00000 n \n`);
    const xref = size;
    putText(`xref\n0 ${offsets.length}\n0000000000 65535 f \n${rows.join('')}trailer\n<< /Size ${offsets.length} /Root 1 0 R >>\n`);
    putText(`startxref\n${xref}\n%%EOF\n`);
    this.size = size;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const end = offset + length;
    for (let at = this.partAt(offset); at < this.parts.length; at++) {
      const part = this.parts[at] as (typeof this.parts)[number];
      if (part.offset >= end) break;
      const [from, to] = [Math.max(offset, part.offset), Math.min(end, part.offset + part.length)];
      if (part.text) bytes.set(part.text.subarray(from - part.offset, to - part.offset), from - offset);
      else for (let place = from; place < to; place += NOISE.length) bytes.set(NOISE.subarray(0, to - place), place - offset);
    }
    return bytes;
  }

  private partAt(offset: number): number {
    let [low, high] = [0, this.parts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.parts[middle] as { offset: number }).offset <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
