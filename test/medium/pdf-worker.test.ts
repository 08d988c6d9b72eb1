import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InspectionSchema, MAX_JOINED_PARTS } from '@pageswarm/contracts';
import { decodePageMap } from '@pageswarm/page-map';
import { PDFDocument } from 'pdf-lib';
import { PNG } from 'pngjs';
import { manyPages } from './hostile-pdfs.ts';
import { WorkerStage } from './pdf-worker-stage.ts';
import { PdfWriter } from './pdf-writer.ts';

const MEBIBYTE = 1_048_576;

/** A book in which each page has a picture of its own of about `pictureBytes`, and five words. */
function pictureBook(pages: number, pictureBytes: number): Uint8Array {
  const writer = new PdfWriter();
  const tree = writer.reserve();
  const font = writer.add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  const side = Math.ceil(Math.sqrt(pictureBytes));
  const kids: string[] = [];
  for (let page = 1; page <= pages; page++) {
    const entries = `/Type /XObject /Subtype /Image /Width ${side} /Height ${side} /BitsPerComponent 8 /ColorSpace /DeviceGray`;
    const picture = writer.stream(entries, Buffer.alloc(side * side, page), String(side * side));
    const contents = writer.stream('', `q 150 0 0 150 0 0 cm /P Do Q BT /F 12 Tf 20 350 Td (page ${page} of the book) Tj ET`);
    const resources = `/Resources << /Font << /F ${font} 0 R >> /XObject << /P ${picture} 0 R >> >>`;
    kids.push(`${writer.add(`<< /Type /Page /Parent ${tree} 0 R /MediaBox [0 0 300 400] /Contents ${contents} 0 R ${resources} >>`)} 0 R`);
  }
  writer.set(tree, `<< /Type /Pages /Count ${pages} /Kids [${kids.join(' ')}] >>`);
  const info = writer.add('<< /Title (A book of pictures) >>');
  return writer.build(writer.add(`<< /Type /Catalog /Pages ${tree} 0 R >>`), `/Info ${info} 0 R`);
}

/** The same, encrypted with a password for its readers. */
async function lockedBook(pages: number, password: string): Promise<Uint8Array> {
  const document = await PDFDocument.load(pictureBook(pages, 1_000));
  document.encrypt({ userPassword: password, ownerPassword: 'owner' });
  return document.save({ useObjectStreams: false });
}

describe('a pdf-worker and the peer that asks it', () => {
  const stage = new WorkerStage();
  let book: Uint8Array;

  beforeAll(async () => {
    await stage.start({ PAGESWARM_POOL_SIZE: '2' });
    book = pictureBook(40, 60_000);
  }, 60_000);
  afterAll(() => stage.close());

  it('inspects a document: pages, words of each page, title, and a page map that the peer can use', async () => {
    const document = stage.peer.add(book);
    const { head, body } = await stage.inspect(document);
    expect(InspectionSchema.parse(head)).toMatchObject({
      pages: 40,
      words: Array.from({ length: 40 }, () => 5),
      title: 'A book of pictures',
      mapped: true,
      mapReason: null,
      encrypted: false,
      needsPassword: false,
      error: null,
    });
    expect(decodePageMap(body, document)).toMatchObject({ pageCount: 40, mapped: true });
  });

  it('reads every piece of a document once to inspect it, though two jobs look at it', async () => {
    const document = stage.peer.add(pictureBook(20, 50_000));
    const before = stage.peer.bytesSent;
    await stage.inspect(document);
    expect(stage.peer.bytesSent - before).toBeLessThanOrEqual(document.size * 1.05);
    expect(stage.peer.requests.every(({ demand }) => demand)).toBe(true);
  });

  it('draws a page from the bytes of that page alone', async () => {
    const document = stage.peer.add(pictureBook(40, 59_000));
    const before = stage.peer.bytesSent;
    const { head, body } = await stage.render(document, 17, 150);
    expect(head).toEqual({ width: 150, height: 200 });
    const png = PNG.sync.read(Buffer.from(body));
    expect([png.width, png.height]).toEqual([150, 200]);
    expect([...png.data.subarray(0, 4)]).toEqual([255, 255, 255, 255]);
    expect(stage.peer.bytesSent - before).toBeLessThan(document.size * 0.2);
  });

  it('draws a page of a document of which other pieces cannot be had', async () => {
    const whole = pictureBook(40, 58_000);
    const scout = stage.peer.add(whole);
    const seen = stage.peer.requests.length;
    const expected = await stage.render(scout, 3, 150);
    const needed = new Set(
      stage.peer.requests
        .slice(seen)
        .flatMap(({ pieces }) => pieces.flatMap(([first, count]) => Array.from({ length: count }, (_, n) => first + n))),
    );
    const missing = new Set(
      Array.from({ length: Math.ceil(whole.length / scout.pieceLength) }, (_, piece) => piece).filter((piece) => !needed.has(piece)),
    );
    const elsewhere = new WorkerStage();
    await elsewhere.start();
    try {
      const partial = elsewhere.peer.add(whole, missing);
      expect(Buffer.compare((await elsewhere.render(partial, 3, 150)).body, expected.body)).toBe(0);
      await expect(elsewhere.render(partial, 30, 150)).rejects.toMatchObject({ code: 'PIECE_NOT_HERE' });
      await expect(elsewhere.inspect(partial)).rejects.toMatchObject({ code: 'PIECE_NOT_HERE' });
    } finally {
      await elsewhere.close();
    }
  });

  it.each([
    ['5', ['page 5 of the book']],
    ['3-4,39-', ['page 3 of the book', 'page 4 of the book', 'page 39 of the book', 'page 40 of the book']],
  ])('cuts out pages %s as a PDF of their own', async (pages, texts) => {
    const document = stage.peer.add(book);
    const { head, body } = await stage.extract(document, pages);
    expect(head.pages).toBe(texts.length);
    expect((await PDFDocument.load(body)).getPageCount()).toBe(texts.length);
    const again = await stage.inspect(stage.peer.add(body));
    expect(again.head).toMatchObject({ pages: texts.length, words: texts.map(() => 5), error: null });
  });

  it('joins pages of different documents in the order asked for', async () => {
    const [one, other] = [stage.peer.add(book), stage.peer.add(pictureBook(4, 3_000))];
    const { head, body } = await stage.join([
      { ...other, pages: '2-3' },
      { ...one, pages: '40' },
      { ...other, pages: '1' },
    ]);
    expect(head.pages).toBe(4);
    const again = await stage.inspect(stage.peer.add(body));
    expect(again.head).toMatchObject({ pages: 4, words: [5, 5, 5, 5], error: null });
    await expect(
      stage.join([
        { ...one, pages: '1' },
        { ...other, pages: '5' },
      ]),
    ).rejects.toMatchObject({ code: 'PAGE_NOT_FOUND' });
    const tooMany = Array.from({ length: MAX_JOINED_PARTS + 1 }, () => ({ ...one, pages: '1' }));
    await expect(stage.join(tooMany)).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  });

  it.each([
    ['extract', '41', 'PAGE_NOT_FOUND'],
    ['extract', '0', 'INVALID_PAGES'],
    ['extract', 'x', 'INVALID_PAGES'],
    ['extract', '1-5000', 'INVALID_PAGES'],
    ['render', '41', 'PAGE_NOT_FOUND'],
    ['render', '0', 'INVALID_REQUEST'],
  ] as const)('refuses to %s page %s: %s', async (kind, pages, code) => {
    const document = stage.peer.add(book);
    const request = kind === 'extract' ? stage.extract(document, pages) : stage.render(document, Number(pages));
    await expect(request).rejects.toMatchObject({ code });
  });

  it('says of a document with a password what can be said', async () => {
    const { head, body } = await stage.inspect(stage.peer.add(await lockedBook(3, 'open sesame')));
    expect(head).toMatchObject({
      pages: 3,
      words: null,
      encrypted: true,
      needsPassword: true,
      mapped: true,
      error: { code: 'PDF_PASSWORD' },
    });
    expect(body.length).toBeGreaterThan(0);
  });

  it('reads a document that is encrypted but open to all', async () => {
    const document = stage.peer.add(await lockedBook(3, ''));
    const { head } = await stage.inspect(document);
    expect(head).toMatchObject({ pages: 3, words: [5, 5, 5], encrypted: true, needsPassword: false, error: null });
    expect((await stage.extract(document, '2')).head.pages).toBe(1);
    expect((await stage.extract(document, '1-3')).head.pages).toBe(3);
  });

  it.each([
    ['no PDF', Buffer.from('This is a letter and not a PDF.')],
    ['the first half of a PDF', undefined],
  ])('gives %s a linear map and says why', async (name, bytes) => {
    const document = stage.peer.add(bytes ?? book.subarray(0, 200));
    const { head, body } = await stage.inspect(document);
    expect(head).toMatchObject({ pages: null, words: null, mapped: false, error: { code: 'PDF_UNREADABLE' } });
    expect(head.mapReason).toBeTruthy();
    expect(decodePageMap(body, document)).toMatchObject({ mapped: false, pageCount: 1 });
    await expect(stage.render(document, 1)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' });
    await expect(stage.extract(document, '1')).rejects.toMatchObject({ code: expect.stringMatching(/PDF_UNREADABLE|PAGE_NOT_FOUND/) });
    expect(name).toBeTruthy();
  });

  it('tells that the peer is gone from the document being bad', async () => {
    const document = { ...stage.peer.add(book), source: { port: 1 } };
    await expect(stage.inspect(document)).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
    const unknown = { ...stage.peer.add(book), id: 'f'.repeat(64) as never };
    await expect(stage.inspect(unknown)).rejects.toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
  });

  it('stops reading from the peer when the peer takes its request back', async () => {
    const document = stage.peer.add(pictureBook(4, 57_000));
    let release = () => {};
    stage.peer.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { cancelled } = stage.peer;
    const asked = stage.peer.requests.length;
    const withdrawal = new AbortController();
    try {
      const request = stage.inspect(document, withdrawal.signal);
      await eventually(() => stage.peer.requests.length > asked);
      withdrawal.abort();
      await expect(request).rejects.toMatchObject({ code: 'CANCELLED' });
      await eventually(() => stage.peer.cancelled > cancelled);
    } finally {
      stage.peer.hold = Promise.resolve();
      release();
    }
    expect((await stage.inspect(document)).head.pages).toBe(4);
  });

  it('draws a page for a person while it inspects long documents', async () => {
    const long = [manyPages(8_000), manyPages(8_001)].map((bytes) => stage.inspect(stage.peer.add(bytes)));
    const started = performance.now();
    await stage.render(stage.peer.add(book), 1, 100);
    const waited = performance.now() - started;
    const done = await Promise.all(long);
    expect(done.map(({ head }) => head.pages)).toEqual([8_000, 8_001]);
    expect(waited).toBeLessThan(performance.now() - started);
  }, 60_000);

  it('inspects a document far larger than what it may keep of it, in little memory', async () => {
    const document = stage.peer.add(pictureBook(60, 2 * MEBIBYTE));
    expect(document.size).toBeGreaterThan(100 * MEBIBYTE);
    const { head } = await stage.inspect(document);
    expect(head).toMatchObject({ pages: 60, mapped: true, error: null });
    expect(stage.worker.sources.cachedBytes).toBeLessThanOrEqual(4 * 33_554_432);
  }, 120_000);
});

async function eventually(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !holds(); tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(holds()).toBe(true);
}
