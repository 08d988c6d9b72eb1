// PDFs that are small and cost a reader that trusts them seconds, gigabytes, or its life. Made here, so that none is stored.
import { constants, deflateRawSync, deflateSync } from 'node:zlib';
import { onePage, PdfWriter, streamObject } from './pdf-writer.ts';

const MEBIBYTE = 1_048_576;

/** A zlib stream of `mebibytes` zeros, put together from one flushed block instead of being compressed. */
function zeros(mebibytes: number): Buffer {
  const block = deflateRawSync(Buffer.alloc(16 * MEBIBYTE), { finishFlush: constants.Z_FULL_FLUSH, level: 9 });
  const blocks = Array.from({ length: Math.ceil(mebibytes / 16) }, () => block);
  return Buffer.concat([Buffer.from([0x78, 0xda]), ...blocks, Buffer.from([0x03, 0x00, 0, 0, 0, 0])]);
}

/** Page contents of a few kilobytes that unpack to four gigabytes through two filters. */
function doubleFlateBomb(): Uint8Array {
  const writer = new PdfWriter();
  const contents = writer.stream('/Filter [/FlateDecode /FlateDecode]', deflateSync(zeros(4_096), { level: 9 }));
  return onePage(writer, `/Contents ${contents} 0 R`);
}

/** A form that draws a form ten times, that draws a form ten times, fourteen deep: 10^14 drawings. */
function nestedForms(): Uint8Array {
  const writer = new PdfWriter();
  let inner = writer.stream('/Type /XObject /Subtype /Form /BBox [0 0 100 100]', '0 0 m 9 9 l S');
  for (let depth = 0; depth < 14; depth++)
    inner = writer.stream(
      `/Type /XObject /Subtype /Form /BBox [0 0 100 100] /Resources << /XObject << /F ${inner} 0 R >> >>`,
      '/F Do '.repeat(10),
    );
  const contents = writer.stream('', '/F Do');
  return onePage(writer, `/Contents ${contents} 0 R /Resources << /XObject << /F ${inner} 0 R >> >>`);
}

/** A page tree in which every node names the same kid ten times, twelve deep: 10^12 pages in two kilobytes. */
function pageTreeFanOut(): Uint8Array {
  const writer = new PdfWriter();
  let kid = writer.add('<< /Type /Page /MediaBox [0 0 612 792] >>');
  for (let depth = 1; depth <= 12; depth++) {
    const kids = `${kid} 0 R `.repeat(10);
    kid = writer.add(`<< /Type /Pages /Count ${10 ** depth} /Kids [${kids}] >>`);
  }
  return writer.build(writer.add(`<< /Type /Catalog /Pages ${kid} 0 R >>`));
}

/** An object stream and a cross-reference stream that both speak of two thousand million objects. */
function hugeCounts(): Uint8Array {
  const header = '%PDF-1.7\n';
  const objects = [
    '1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n',
    '2 0 obj\n<< /Type /Pages /Count 1 /Kids [3 0 R] >>\nendobj\n',
    '3 0 obj\n<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>\nendobj\n',
    `4 0 obj\n${streamObject('/Type /ObjStm /N 2000000000 /First 10', '5 0 <<>>', '8').toString('latin1')}\nendobj\n`,
  ];
  const offsets: number[] = [];
  let text = header;
  for (const object of objects) {
    offsets.push(text.length);
    text += object;
  }
  const rows = Buffer.from(
    [[0, 0, 0], ...offsets.map((at) => [1, at, 0]), [2, 4, 0]].flatMap(([type, at = 0, last = 0]) => [type ?? 0, at >> 8, at & 255, last]),
  );
  const entries = '/Type /XRef /Size 2000000000 /Index [0 2000000000] /W [1 2 1] /Root 1 0 R';
  const xref = Buffer.concat([Buffer.from('6 0 obj\n'), streamObject(entries, rows, String(rows.length)), Buffer.from('\nendobj\n')]);
  return Buffer.concat([Buffer.from(text, 'latin1'), xref, Buffer.from(`startxref\n${text.length}\n%%EOF\n`)]);
}

/** A cross-reference stream of a megabyte that unpacks to a gigabyte and a half of rows. */
function xrefStreamBomb(): Uint8Array {
  const text = '%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n';
  const entries = '/Type /XRef /Size 400000000 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode';
  const data = zeros(1_536);
  const xref = Buffer.concat([Buffer.from('3 0 obj\n'), streamObject(entries, data, String(data.length)), Buffer.from('\nendobj\n')]);
  return Buffer.concat([Buffer.from(text, 'latin1'), xref, Buffer.from(`startxref\n${text.length}\n%%EOF\n`)]);
}

/** A page of two thousand million points. */
function hugeMediaBox(): Uint8Array {
  const writer = new PdfWriter();
  const contents = writer.stream('', '0 0 m 2000000000 2000000000 l S');
  return onePage(writer, `/Contents ${contents} 0 R`, '[0 0 2000000000 2000000000]');
}

/** A page a point wide and two thousand million high. */
function endlessPage(): Uint8Array {
  return onePage(new PdfWriter(), '', '[0 0 1 2000000000]');
}

/** Everything that may refer to something refers to itself: page tree, forms, lengths, outlines, annotations, /Prev. */
function cycles(): Uint8Array {
  const writer = new PdfWriter();
  const [pages, page, form, length, outline, annotation] = Array.from({ length: 6 }, () => writer.reserve()) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const contents = writer.stream('', '/F Do');
  writer.set(pages, `<< /Type /Pages /Count 3 /Parent ${pages} 0 R /Kids [${pages} 0 R ${page} 0 R ${page} 0 R] >>`);
  const resources = `/Resources << /XObject << /F ${form} 0 R >> /Font ${page} 0 R >>`;
  writer.set(
    page,
    `<< /Type /Page /Parent ${pages} 0 R /MediaBox [0 0 9 9] /Contents ${contents} 0 R ${resources} /Annots [${annotation} 0 R] >>`,
  );
  const formEntries = `/Type /XObject /Subtype /Form /BBox [0 0 9 9] ${resources}`;
  writer.set(form, streamObject(formEntries, '/F Do /F Do', `${length} 0 R`).toString('latin1'));
  writer.set(length, `${length} 0 R`);
  writer.set(outline, `<< /First ${outline} 0 R /Last ${outline} 0 R /Next ${outline} 0 R /Parent ${outline} 0 R /Title (x) >>`);
  writer.set(
    annotation,
    `<< /Type /Annot /Subtype /Widget /Rect [0 0 9 9] /Parent ${annotation} 0 R /Kids [${annotation} 0 R] /AP << /N ${form} 0 R >> >>`,
  );
  const file = writer.build(writer.add(`<< /Type /Catalog /Pages ${pages} 0 R /Outlines ${outline} 0 R >>`), '/Prev 0');
  const text = Buffer.from(file).toString('latin1');
  const table = text.lastIndexOf('\nxref') + 1;
  return Buffer.from(text.replace('/Prev 0', `/Prev ${table}`).replace(/startxref\n\d+/, `startxref\n${table}`), 'latin1');
}

/** Twenty thousand pages in one flat list. */
export function manyPages(count = 20_000): Uint8Array {
  const writer = new PdfWriter();
  const pages = writer.reserve();
  const kids: string[] = [];
  const font = writer.add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  const contents = writer.stream('', 'BT /F 12 Tf 72 700 Td (one page of many) Tj ET');
  for (let page = 0; page < count; page++)
    kids.push(
      `${writer.add(`<< /Type /Page /Parent ${pages} 0 R /MediaBox [0 0 612 792] /Contents ${contents} 0 R /Resources << /Font << /F ${font} 0 R >> >> >>`)} 0 R`,
    );
  writer.set(pages, `<< /Type /Pages /Count ${count} /Kids [${kids.join(' ')}] >>`);
  return writer.build(writer.add(`<< /Type /Catalog /Pages ${pages} 0 R >>`));
}

/** A page with a hundred thousand objects of its own. */
function crowdedPage(): Uint8Array {
  const writer = new PdfWriter();
  const names: string[] = [];
  for (let index = 0; index < 100_000; index++)
    names.push(`/F${index} ${writer.stream('/Type /XObject /Subtype /Form /BBox [0 0 9 9]', '0 0 m 9 9 l S')} 0 R`);
  const contents = writer.flate('', Array.from({ length: 100_000 }, (_, index) => `/F${index} Do`).join('\n'));
  return onePage(writer, `/Contents ${contents} 0 R /Resources << /XObject << ${names.join(' ')} >> >>`);
}

/** Stream lengths that are enormous, negative, of another type, or missing. */
function lyingLengths(): Uint8Array {
  const writer = new PdfWriter();
  const streams = ['2000000000', '-1', '99999999999999999999', '(no)', 'null', '999 0 R'].map((length) =>
    writer.stream('', '0 0 m 9 9 l S', length),
  );
  return onePage(writer, `/Contents [${streams.map((number) => `${number} 0 R`).join(' ')}]`);
}

/** An array in an array, a million deep. */
function deepArrays(): Uint8Array {
  const writer = new PdfWriter();
  const deep = writer.add(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`);
  return onePage(writer, `/Annots ${deep} 0 R /Resources ${deep} 0 R`);
}

/** A page whose text is forty million characters, in a hundred kilobytes. @param times how often the page says it all */
export function textBomb(times = 1): Uint8Array {
  const writer = new PdfWriter();
  const font = writer.add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  const line = `(${'lorem ipsum '.repeat(100)}) Tj 0 0 Td\n`;
  const contents = writer.flate('', `BT /F 1 Tf ${line.repeat(33_000)} ET`);
  return onePage(writer, `/Contents [${`${contents} 0 R `.repeat(times)}] /Resources << /Font << /F ${font} 0 R >> >>`);
}

/** Images that say they are 60,000 pixels wide and high and hold nothing. */
function hugeImage(): Uint8Array {
  const writer = new PdfWriter();
  const entries =
    '/Type /XObject /Subtype /Image /Width 60000 /Height 60000 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode';
  const image = writer.stream(entries, zeros(2_048));
  const contents = writer.stream('', 'q 612 0 0 792 0 0 cm /I Do Q');
  return onePage(writer, `/Contents ${contents} 0 R /Resources << /XObject << /I ${image} 0 R >> >>`);
}

/** Each by what it attacks; made when it is wanted. */
export const HOSTILE_PDFS: Readonly<Record<string, () => Uint8Array>> = {
  'a deflate bomb behind a deflate bomb': doubleFlateBomb,
  'forms nested to 10^14 drawings': nestedForms,
  'a page tree of 10^12 pages': pageTreeFanOut,
  'object and cross-reference counts of 2*10^9': hugeCounts,
  'a cross-reference stream that unpacks to 1.5 GB': xrefStreamBomb,
  'a page of 2*10^9 points': hugeMediaBox,
  'a page 1 point wide and 2*10^9 high': endlessPage,
  'cycles everywhere': cycles,
  '20,000 pages': manyPages,
  '100,000 objects on one page': crowdedPage,
  'stream lengths that lie': lyingLengths,
  'arrays a million deep': deepArrays,
  'a page of forty million characters': () => textBomb(),
  'an image of 60,000 x 60,000 pixels': hugeImage,
};
