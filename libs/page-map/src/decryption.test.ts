import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import { MemoryByteSource } from '@pageswarm/primitives';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { buildPageMap, generatePageView } from './index.ts';
import { rc4 } from './rc4.ts';

const PIECE = 16_384;

async function encrypted(header: string, userPassword: string, useObjectStreams: boolean): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  (document.context.header as unknown as { major: string; minor: string }).minor = header.split('.')[1] ?? '7';
  const font = await document.embedFont(StandardFonts.Helvetica);
  for (const text of ['one', 'two', 'three']) document.addPage([200, 200]).drawText(text, { font });
  document.encrypt({ userPassword, ownerPassword: 'owner', permissions: {} });
  return document.save({ useObjectStreams });
}

it('RC4 gives the published test vector', () => {
  expect(Buffer.from(rc4(Buffer.from('Key'), Buffer.from('Plaintext'))).toString('hex')).toBe('bbf316e8d940af0ad3');
});

describe('encrypted documents', () => {
  for (const header of ['1.3', '1.4', '1.6', '1.7'])
    it(`of version ${header} are mapped through their object streams with the empty password`, async () => {
      const bytes = await encrypted(header, '', true);
      const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
      expect(map).toMatchObject({ mapped: true, pageCount: 3, details: { encrypted: true, needsPassword: false, rebuilt: false } });
      const view = await generatePageView(new MemoryByteSource(bytes), 1, { map });
      const again = await buildPageMap(new MemoryByteSource(view), { pieceLength: PIECE });
      expect(again).toMatchObject({ mapped: true, pageCount: 1, details: { encrypted: true, needsPassword: false, rebuilt: false } });
      expect((await PDFDocument.load(view, { password: '' })).getPageCount()).toBe(1);
    });

  it('are mapped without their password when no object lies in an object stream', async () => {
    const bytes = await encrypted('1.7', 'secret', false);
    const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
    expect(map).toMatchObject({ mapped: true, pageCount: 3, details: { encrypted: true, needsPassword: true } });
    const view = await generatePageView(new MemoryByteSource(bytes), 2, { map });
    expect((await PDFDocument.load(view, { password: 'secret' })).getPageCount()).toBe(1);
  });

  it('say that they need a password when their objects lie in object streams', async () => {
    const bytes = await encrypted('1.7', 'secret', true);
    const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
    expect(map).toMatchObject({ mapped: false, details: { encrypted: true, needsPassword: true } });
    expect(map.reason).toContain('password');
    await expect(generatePageView(new MemoryByteSource(bytes), 0)).rejects.toMatchObject({ code: 'PDF_PASSWORD' });
  });
});
