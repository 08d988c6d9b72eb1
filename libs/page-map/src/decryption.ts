import { Buffer } from 'node:buffer';
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { isInteger, PdfDictionary, PdfString, type PdfValue, stringBytes } from './pdf-values.ts';
import { rc4 } from './rc4.ts';

/** The padding that stands for an empty password (ISO 32000-1, 7.6.3.3, algorithm 2). */
const PASSWORD_PADDING = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex');
const AES_SALT = Buffer.from('sAlT', 'latin1');

type StreamCipher = 'none' | 'rc4' | 'aes-128' | 'aes-256';

/** What the empty user password opens: `key` is missing when the document needs another one or an unknown security handler. */
export interface Decryption {
  readonly cipher: StreamCipher;
  readonly key?: Uint8Array;
}

/**
 * Derives the file key of the standard security handler, revisions 2 to 6, from the empty user password
 * (ISO 32000-1, 7.6.3.3; ISO 32000-2, 7.6.4.3).
 * @param encrypt the Encrypt dictionary, its values resolved
 * @param firstId the first string of the trailer's /ID, empty if there is none
 */
export function openWithoutPassword(encrypt: PdfDictionary, firstId: Uint8Array): Decryption {
  const cipher = streamCipher(encrypt);
  const revision = encrypt.get('R');
  if (encrypt.get('Filter') !== 'Standard' || !cipher || !isInteger(revision)) return { cipher: cipher ?? 'none' };
  const key = revision >= 5 ? fileKeyOf256(encrypt, revision) : fileKey(encrypt, revision, firstId);
  return key ? { cipher, key } : { cipher };
}

/** The decrypted data of a stream object (ISO 32000-1, 7.6.2); undefined if it cannot be decrypted. */
export function decryptStream({ cipher, key }: Decryption, data: Uint8Array, num: number, gen: number): Uint8Array | undefined {
  if (cipher === 'none') return data;
  if (!key) return undefined;
  if (cipher === 'aes-256') return aes(key, data);
  const id = [num & 0xff, (num >>> 8) & 0xff, (num >>> 16) & 0xff, gen & 0xff, (gen >>> 8) & 0xff];
  const parts = [key, Uint8Array.from(id), cipher === 'aes-128' ? AES_SALT : new Uint8Array(0)];
  const objectKey = md5(...parts).subarray(0, Math.min(16, key.length + 5));
  return cipher === 'rc4' ? rc4(objectKey, data) : aes(objectKey, data);
}

function streamCipher(encrypt: PdfDictionary): StreamCipher | undefined {
  const version = encrypt.get('V');
  if (version === 1 || version === 2 || version === 3) return 'rc4';
  if (version !== 4 && version !== 5) return undefined;
  const name = encrypt.get('StmF') ?? 'Identity';
  const filters = encrypt.get('CF');
  const filter = filters instanceof PdfDictionary && typeof name === 'string' ? filters.get(name) : undefined;
  if (name === 'Identity') return 'none';
  const method = filter instanceof PdfDictionary ? filter.get('CFM') : undefined;
  return ({ None: 'none', V2: 'rc4', AESV2: 'aes-128', AESV3: 'aes-256' } as const)[String(method)];
}

function bytesOf(value: PdfValue | undefined): Uint8Array {
  return value instanceof PdfString ? stringBytes(value) : new Uint8Array(0);
}

function md5(...parts: Uint8Array[]): Uint8Array {
  const hash = createHash('md5');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function fileKey(encrypt: PdfDictionary, revision: number, firstId: Uint8Array): Uint8Array | undefined {
  const owner = bytesOf(encrypt.get('O')).subarray(0, 32);
  const user = bytesOf(encrypt.get('U')).subarray(0, 32);
  const bits = encrypt.get('Length');
  const permissions = Buffer.alloc(4);
  const flags = encrypt.get('P');
  permissions.writeInt32LE(isInteger(flags) ? flags | 0 : 0);
  // Version 1 keys always have 40 bits; version 4 says 128 through its crypt filter even where /Length does not.
  const declared = isInteger(bits) ? (bits < 40 ? bits * 8 : bits) : 40;
  const keyBytes = encrypt.get('V') === 4 ? 16 : revision === 2 ? 5 : Math.min(16, Math.max(5, declared >> 3));
  const clear = revision >= 4 && encrypt.get('EncryptMetadata') === false ? [Buffer.from([0xff, 0xff, 0xff, 0xff])] : [];
  let key = md5(PASSWORD_PADDING, owner, permissions, firstId, ...clear).subarray(0, keyBytes);
  if (revision >= 3) for (let round = 0; round < 50; round++) key = md5(key).subarray(0, keyBytes);
  if (revision === 2) return Buffer.compare(rc4(key, PASSWORD_PADDING), user) === 0 ? key : undefined;
  let check = md5(PASSWORD_PADDING, firstId);
  for (let round = 0; round < 20; round++)
    check = rc4(
      key.map((byte) => byte ^ round),
      check,
    );
  return Buffer.compare(check, user.subarray(0, 16)) === 0 ? key : undefined;
}

function fileKeyOf256(encrypt: PdfDictionary, revision: number): Uint8Array | undefined {
  const user = bytesOf(encrypt.get('U'));
  const wrapped = bytesOf(encrypt.get('UE')).subarray(0, 32);
  if (user.length < 48 || wrapped.length !== 32) return undefined;
  const hash = (salt: Uint8Array): Uint8Array => (revision === 5 ? sha('sha256', salt) : hardenedHash(salt));
  if (Buffer.compare(hash(user.subarray(32, 40)), user.subarray(0, 32)) !== 0) return undefined;
  const decipher = createDecipheriv('aes-256-cbc', hash(user.subarray(40, 48)), new Uint8Array(16)).setAutoPadding(false);
  return Buffer.concat([decipher.update(wrapped), decipher.final()]);
}

function sha(algorithm: 'sha256' | 'sha384' | 'sha512', data: Uint8Array): Uint8Array {
  return createHash(algorithm).update(data).digest();
}

/** Algorithm 2.B of ISO 32000-2 for the empty user password. */
function hardenedHash(salt: Uint8Array): Uint8Array {
  let key = sha('sha256', salt);
  for (let round = 0, last = 0; round < 64 || last > round - 32; round++) {
    const repeated = Buffer.concat(new Array<Uint8Array>(64).fill(key));
    const cipher = createCipheriv('aes-128-cbc', key.subarray(0, 16), key.subarray(16, 32)).setAutoPadding(false);
    const encrypted = Buffer.concat([cipher.update(repeated), cipher.final()]);
    const sum = encrypted.subarray(0, 16).reduce((total, byte) => total + byte, 0);
    key = sha((['sha256', 'sha384', 'sha512'] as const)[sum % 3] ?? 'sha256', encrypted);
    last = encrypted.at(-1) as number;
  }
  return key.subarray(0, 32);
}

function aes(key: Uint8Array, data: Uint8Array): Uint8Array | undefined {
  const whole = data.subarray(16, data.length - (data.length % 16));
  if (data.length < 16 || ![16, 32].includes(key.length)) return undefined;
  const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, data.subarray(0, 16)).setAutoPadding(false);
  const plain = Buffer.concat([decipher.update(whole), decipher.final()]);
  const padding = plain.at(-1) ?? 0;
  return padding >= 1 && padding <= 16 ? plain.subarray(0, plain.length - padding) : plain;
}
