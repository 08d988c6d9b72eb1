import { deflateSync } from 'node:zlib';

/** Writes PDFs object by object, right or wrong as the caller wants them: for tests that need a file nobody would make. */
export class PdfWriter {
  private readonly objects: Buffer[] = [];

  /** Adds an object; its number is returned. */
  add(body: string | Uint8Array): number {
    this.objects.push(Buffer.from(body as string, 'latin1'));
    return this.objects.length;
  }

  /** Keeps a number for an object that is {@link set} later, so that objects can refer to each other in a circle. */
  reserve(): number {
    return this.add('null');
  }

  set(number: number, body: string): void {
    this.objects[number - 1] = Buffer.from(body, 'latin1');
  }

  /** Adds a stream. @param entries of its dictionary besides /Length @param length what the dictionary says, true or not */
  stream(entries: string, data: Uint8Array | string, length: string = String(Buffer.from(data as string, 'latin1').length)): number {
    return this.add(streamObject(entries, data, length));
  }

  /** Adds a stream that is compressed once. */
  flate(entries: string, data: string): number {
    return this.stream(`${entries} /Filter /FlateDecode`, deflateSync(Buffer.from(data, 'latin1')));
  }

  /** The file with a cross-reference table. @param trailer more entries of the trailer */
  build(root: number, trailer = ''): Uint8Array {
    const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1')];
    let offset = parts[0]?.length ?? 0;
    const offsets = this.objects.map((body, index) => {
      const object = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), body, Buffer.from('\nendobj\n')]);
      const at = offset;
      parts.push(object);
      offset += object.length;
      return at;
    });
    const rows = offsets.map((at) => `${String(at).padStart(10, '0')} 00000 n \n`).join('');
    const size = this.objects.length + 1;
    parts.push(Buffer.from(`xref\n0 ${size}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${size} /Root ${root} 0 R ${trailer} >>\n`));
    parts.push(Buffer.from(`startxref\n${offset}\n%%EOF\n`));
    return Buffer.concat(parts);
  }
}

export function streamObject(entries: string, data: Uint8Array | string, length: string): Buffer {
  const head = Buffer.from(`<< ${entries} /Length ${length} >>\nstream\n`, 'latin1');
  return Buffer.concat([head, Buffer.from(data as string, 'latin1'), Buffer.from('\nendstream')]);
}

/** A document of one page. @param page more entries of the page, such as its contents */
export function onePage(writer: PdfWriter, page: string, mediaBox = '[0 0 612 792]'): Uint8Array {
  const pages = writer.reserve();
  const leaf = writer.add(`<< /Type /Page /Parent ${pages} 0 R /MediaBox ${mediaBox} ${page} >>`);
  writer.set(pages, `<< /Type /Pages /Count 1 /Kids [${leaf} 0 R] >>`);
  return writer.build(writer.add(`<< /Type /Catalog /Pages ${pages} 0 R >>`));
}
