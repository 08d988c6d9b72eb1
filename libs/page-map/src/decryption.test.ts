import { Buffer } from 'node:buffer';
import { createCipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { MemoryByteSource } from '@pageswarm/primitives';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { openWithoutPassword } from './decryption.ts';
import { buildPageMap, generatePageView } from './index.ts';
import { PdfDictionary, PdfString } from './pdf-values.ts';
import { rc4 } from './rc4.ts';

const PIECE = 16_384;

const randomLike = (length: number, seed: number): Buffer => createHash('sha512').update(String(seed)).digest().subarray(0, length);

type Algorithm = 'AES-256' | 'AES-128' | 'RC4-128' | 'RC4-40';

async function encrypted(algorithm: Algorithm, userPassword: string, useObjectStreams: boolean): Promise<Uint8Array> {
  const document = await PDFDocument.create();
  const font = await document.embedFont(StandardFonts.Helvetica);
  for (const text of ['one', 'two', 'three']) document.addPage([200, 200]).drawText(text, { font });
  document.encrypt({ userPassword, ownerPassword: 'owner', algorithm, allowWeakCryptography: true });
  return document.save({ useObjectStreams });
}

it('RC4 gives the published test vector', () => {
  expect(Buffer.from(rc4(Buffer.from('Key'), Buffer.from('Plaintext'))).toString('hex')).toBe('bbf316e8d940af0ad3');
});

describe('encrypted documents', () => {
  for (const algorithm of ['RC4-40', 'RC4-128', 'AES-128', 'AES-256'] as const)
    it(`with ${algorithm} are mapped through their object streams with the empty password`, async () => {
      const bytes = await encrypted(algorithm, '', true);
      const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
      expect(map).toMatchObject({ mapped: true, pageCount: 3, details: { encrypted: true, needsPassword: false, rebuilt: false } });
      const view = await generatePageView(new MemoryByteSource(bytes), 1, { map });
      const again = await buildPageMap(new MemoryByteSource(view), { pieceLength: PIECE });
      expect(again).toMatchObject({ mapped: true, pageCount: 1, details: { encrypted: true, needsPassword: false, rebuilt: false } });
      // The packed objects stay in their encrypted object stream, which another reader opens with the empty password.
      expect((await PDFDocument.load(view, { password: '' })).getPageCount()).toBe(1);
    });

  it('are mapped without their password when no object lies in an object stream', async () => {
    const bytes = await encrypted('AES-256', 'secret', false);
    const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
    expect(map).toMatchObject({ mapped: true, pageCount: 3, details: { encrypted: true, needsPassword: true } });
    const view = await generatePageView(new MemoryByteSource(bytes), 2, { map });
    expect((await PDFDocument.load(view, { password: 'secret' })).getPageCount()).toBe(1);
  });

  it('of revision 5 are opened by the hash without rounds', () => {
    const [fileKey, check, wrapped] = [randomLike(32, 1), randomLike(8, 2), randomLike(8, 3)];
    const sha256 = (data: Uint8Array): Buffer => createHash('sha256').update(data).digest();
    const cipher = createCipheriv('aes-256-cbc', sha256(wrapped), new Uint8Array(16)).setAutoPadding(false);
    const encrypt = new PdfDictionary();
    const method = new PdfDictionary();
    method.add('CFM', 'AESV3');
    const filters = new PdfDictionary();
    filters.add('StdCF', method);
    const hex = (data: Uint8Array): PdfString => new PdfString(Buffer.from(`<${Buffer.from(data).toString('hex')}>`, 'latin1'));
    for (const [key, value] of Object.entries({ Filter: 'Standard', V: 5, R: 5, StmF: 'StdCF', CF: filters })) encrypt.add(key, value);
    encrypt.add('U', hex(Buffer.concat([sha256(check), check, wrapped])));
    encrypt.add('UE', hex(Buffer.concat([cipher.update(fileKey), cipher.final()])));
    expect(openWithoutPassword(encrypt, new Uint8Array(0))).toEqual({ cipher: 'aes-256', key: fileKey });
  });

  it('with a handler that nobody knows need more than a password', () => {
    const encrypt = new PdfDictionary();
    for (const [key, value] of Object.entries({ Filter: 'Adobe.PubSec', V: 4, R: 4 })) encrypt.add(key, value);
    expect(openWithoutPassword(encrypt, new Uint8Array(0)).key).toBeUndefined();
  });

  it('say that they need a password when their objects lie in object streams', async () => {
    const bytes = await encrypted('AES-256', 'secret', true);
    const map = await buildPageMap(new MemoryByteSource(bytes), { pieceLength: PIECE });
    expect(map).toMatchObject({ mapped: false, details: { encrypted: true, needsPassword: true } });
    expect(map.reason).toContain('password');
    await expect(generatePageView(new MemoryByteSource(bytes), 0)).rejects.toMatchObject({ code: 'PDF_PASSWORD' });
  });
});
