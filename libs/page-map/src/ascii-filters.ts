import { CHARACTER_CLASS, WHITE_SPACE } from './characters.ts';
import { inflatesTooFar } from './limits.ts';

/** ASCIIHexDecode (ISO 32000-1, 7.4.2): at most half as many bytes as it is given. */
export function decodeAsciiHex(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(data.length / 2));
  let digits = 0;
  for (const byte of data) {
    if (byte === 0x3e) break;
    const digit = Number.parseInt(String.fromCharCode(byte), 16);
    if (Number.isNaN(digit)) continue;
    const at = digits >> 1;
    bytes[at] = (bytes[at] as number) | (digits % 2 === 0 ? digit << 4 : digit);
    digits++;
  }
  return bytes.subarray(0, (digits + 1) >> 1);
}

/** ASCII85Decode (ISO 32000-1, 7.4.3); undefined if it is malformed. @throws UnmappableError if it gives more than `maxBytes` */
export function decodeAscii85(data: Uint8Array, maxBytes: number): Uint8Array | undefined {
  const bytes: number[] = [];
  let group = 0;
  let digits = 0;
  for (const byte of data) {
    if (byte === 0x7e) break;
    if (CHARACTER_CLASS[byte] === WHITE_SPACE) continue;
    if (bytes.length + 4 > maxBytes) throw inflatesTooFar(maxBytes);
    if (byte === 0x7a && digits === 0) {
      bytes.push(0, 0, 0, 0);
      continue;
    }
    if (byte < 0x21 || byte > 0x75) return undefined;
    group = group * 85 + byte - 0x21;
    if (++digits < 5) continue;
    bytes.push((group / 0x1000000) & 0xff, (group >>> 16) & 0xff, (group >>> 8) & 0xff, group & 0xff);
    group = 0;
    digits = 0;
  }
  if (digits > 1) {
    for (let missing = digits; missing < 5; missing++) group = group * 85 + 84;
    const last = [(group / 0x1000000) & 0xff, (group >>> 16) & 0xff, (group >>> 8) & 0xff];
    bytes.push(...last.slice(0, digits - 1));
  }
  return Uint8Array.from(bytes);
}

/** RunLengthDecode (ISO 32000-1, 7.4.5). @throws UnmappableError if it gives more than `maxBytes` */
export function decodeRunLength(data: Uint8Array, maxBytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let at = 0; at < data.length; ) {
    const code = data[at++] as number;
    if (code === 128) break;
    const part = code < 128 ? data.subarray(at, at + code + 1) : new Uint8Array(257 - code).fill(data[at] ?? 0);
    at += code < 128 ? code + 1 : 1;
    length += part.length;
    if (length > maxBytes) throw inflatesTooFar(maxBytes);
    parts.push(part);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
