import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { SeededRandom } from '@pageswarm/primitives';

/** Side of the grey picture that fills each page: one byte for each point, so a page weighs 1 MiB. */
const PICTURE_SIDE = 1_024;

/**
 * Writes a valid PDF with `pages` pages, each of them one uncompressed picture of 1 MiB: big, mapped page by page, quick to make.
 * The bytes are the same on every run.
 */
export async function writeBigDocument(path: string, pages: number): Promise<void> {
  const out = createWriteStream(path);
  const offsets: number[] = [];
  let position = 0;
  const write = async (chunk: string | Uint8Array): Promise<void> => {
    position += chunk.length;
    if (!out.write(chunk)) await once(out, 'drain');
  };
  const beginObject = (number: number): Promise<void> => {
    offsets[number] = position;
    return write(`${number} 0 obj\n`);
  };
  // Objects 1 and 2 are the catalog and the page tree; page k has 3k, 3k+1 and 3k+2: page, content, picture.
  await write('%PDF-1.4\n');
  await beginObject(1);
  await write('<</Type/Catalog/Pages 2 0 R>>\nendobj\n');
  await beginObject(2);
  const kids = Array.from({ length: pages }, (_, index) => `${3 * (index + 1)} 0 R`).join(' ');
  await write(`<</Type/Pages/Count ${pages}/Kids[${kids}]>>\nendobj\n`);
  const content = 'q 500 0 0 500 50 150 cm /Picture Do Q';
  const picture = new Uint32Array((PICTURE_SIDE * PICTURE_SIDE) / 4);
  const random = new SeededRandom(512);
  for (let index = 0; index < picture.length; index++) picture[index] = Math.floor(random.next() * 2 ** 32);
  for (let page = 1; page <= pages; page++) {
    const first = 3 * page;
    await beginObject(first);
    await write(
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents ${first + 1} 0 R/Resources<</XObject<</Picture ${first + 2} 0 R>>>>>>\nendobj\n`,
    );
    await beginObject(first + 1);
    await write(`<</Length ${content.length}>>\nstream\n${content}\nendstream\nendobj\n`);
    await beginObject(first + 2);
    await write(`<</Type/XObject/Subtype/Image/Width ${PICTURE_SIDE}/Height ${PICTURE_SIDE}/ColorSpace/DeviceGray/BitsPerComponent 8`);
    await write(`/Length ${picture.byteLength}>>\nstream\n`);
    // The first word differs on each page, so that no two pieces are the same.
    picture[0] = page;
    await write(new Uint8Array(picture.buffer).slice());
    await write('\nendstream\nendobj\n');
  }
  const startOfTable = position;
  await write(`xref\n0 ${offsets.length}\n0000000000 65535 f \n`);
  for (const offset of offsets.slice(1)) await write(`${String(offset).padStart(10, '0')} 00000 n \n`);
  await write(`trailer\n<</Size ${offsets.length}/Root 1 0 R>>\nstartxref\n${startOfTable}\n%%EOF\n`);
  out.end();
  await once(out, 'finish');
}
