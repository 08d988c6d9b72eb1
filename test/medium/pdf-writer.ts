import { deflateSync } from 'node:zlib';

/** Writes PDFs object by object, right or wrong as the caller wants them: for tests that need a file nobody would make. */
export class PdfWriter {
  /** Text is kept as text, a character for each byte: put together at last, a hundred thousand objects cost little. */
  private readonly objects: (string | Uint8Array)[] = [];

  /** Adds an object; its number is returned. */
  add(body: string | Uint8Array): number {
    this.objects.push(body);
    return this.objects.length;
  }

  /** Keeps a number for an object that is {@link set} later, so that objects can refer to each other in a circle. */
  reserve(): number {
    return this.add('null');
  }

  set(number: number, body: string): void {
    this.objects[number - 1] = body;
  }

  /** Adds a stream. @param entries of its dictionary besides /Length @param length what the dictionary says, true or not */
  stream(entries: string, data: Uint8Array | string, length = String(data.length)): number {
    if (typeof data === 'string') return this.add(`<< ${entries} /Length ${length} >>\nstream\n${data}\nendstream`);
    return this.add(streamObject(entries, data, length));
  }

  /** Adds a stream that is compressed once. */
  flate(entries: string, data: string): number {
    return this.stream(`${entries} /Filter /FlateDecode`, deflateSync(Buffer.from(data, 'latin1'), { level: 1 }));
  }

  /** The file with a cross-reference table. @param trailer more entries of the trailer */
  build(root: number, trailer = ''): Uint8Array {
    const parts: Uint8Array[] = [];
    let text = '%PDF-1.7\n%\xe2\xe3\xcf\xd3\n';
    let before = 0;
    const offsets: number[] = [];
    const flush = () => {
      parts.push(Buffer.from(text, 'latin1'));
      before += text.length;
      text = '';
    };
    for (const [index, body] of this.objects.entries()) {
      offsets.push(before + text.length);
      text += `${index + 1} 0 obj\n`;
      if (typeof body === 'string') text += body;
      else {
        flush();
        parts.push(body);
        before += body.length;
      }
      text += '\nendobj\n';
    }
    const start = before + text.length;
    const size = this.objects.length + 1;
    text += `xref\n0 ${size}\n0000000000 65535 f \n`;
    for (const offset of offsets) text += `${String(offset).padStart(10, '0')} 00000 n \n`;
    text += `trailer\n<< /Size ${size} /Root ${root} 0 R ${trailer} >>\nstartxref\n${start}\n%%EOF\n`;
    flush();
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
