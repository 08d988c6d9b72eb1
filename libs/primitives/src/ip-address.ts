import { plainAddress } from './endpoint.ts';

const DOT = 0x2e;

/** The bytes of an IPv4 (4) or IPv6 (16) address; undefined for anything else. */
export function addressBytes(address: string): Buffer | undefined {
  const bytes = Buffer.alloc(16);
  if (readDotted(address, bytes)) return bytes.subarray(0, 4);
  const plain = plainAddress(address).replace(/%.*$/, '');
  if (readDotted(plain, bytes)) return bytes.subarray(0, 4);
  const [head = '', tail, ...more] = plain.split('::');
  if (more.length > 0 || !plain.includes(':')) return undefined;
  const front = groupsOf(head);
  const back = tail === undefined ? [] : groupsOf(tail);
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 0) return undefined;
  const groups = [...front, ...new Array<number>(missing).fill(0), ...back];
  if (groups.some((group) => !(group >= 0 && group <= 0xffff))) return undefined;
  groups.forEach((group, n) => {
    bytes.writeUInt16BE(group, 2 * n);
  });
  return bytes;
}

/** The address that {@link addressBytes} was made of, as text. */
export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: 8 }, (_, n) => view.readUInt16BE(2 * n).toString(16)).join(':');
}

/** Reads `a.b.c.d` without making a string of it; UDP asks for every packet. */
function readDotted(text: string, into: Buffer): boolean {
  let octet = 0;
  let digits = 0;
  let octets = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at === text.length ? DOT : text.charCodeAt(at);
    if (code === DOT) {
      if (digits === 0 || octets === 4) return false;
      into[octets++] = octet;
      octet = 0;
      digits = 0;
    } else {
      const digit = code - 0x30;
      if (digit < 0 || digit > 9 || ++digits > 3) return false;
      octet = octet * 10 + digit;
      if (octet > 255) return false;
    }
  }
  return octets === 4;
}

function groupsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => (/^[0-9a-fA-F]{1,4}$/.test(group) ? Number.parseInt(group, 16) : Number.NaN));
}
