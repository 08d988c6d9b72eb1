/** Address families as Linux numbers them. */
export const AF_INET = 2;
export const AF_INET6 = 10;

/** Bytes of a `struct sockaddr_in` and a `struct sockaddr_in6` (ip(7), ipv6(7)). */
export const SOCKET_ADDRESS_BYTES = { [AF_INET]: 16, [AF_INET6]: 28 } as const;

export type AddressFamily = keyof typeof SOCKET_ADDRESS_BYTES;

const PORT_AT = 2;
const IPV4_AT = 4;
const IPV6_AT = 8;
/** An IPv4 address in an IPv6 one has ten bytes of 0 and two of 255 before it (RFC 4291 section 2.5.5.2). */
const MAPPED_AT = IPV6_AT + 12;

export function familyOf(address: Uint8Array): AddressFamily {
  return address.length === 4 ? AF_INET : AF_INET6;
}

/** The structure for an address of 4 or 16 bytes. */
export function socketAddress(address: Uint8Array, port: number): Buffer {
  const family = familyOf(address);
  const bytes = Buffer.alloc(SOCKET_ADDRESS_BYTES[family]);
  bytes.writeUInt16LE(family, 0);
  bytes.writeUInt16BE(port, PORT_AT);
  bytes.set(address, family === AF_INET ? IPV4_AT : IPV6_AT);
  return bytes;
}

/** Reads a structure of one family in place, again and again, without making anything. */
export class SocketAddressView {
  private readonly whole: Buffer;
  private readonly mapped: Buffer;

  /** @param bytes the structure, which others write */
  constructor(
    bytes: Buffer,
    private readonly family: AddressFamily,
  ) {
    this.whole = family === AF_INET ? bytes.subarray(IPV4_AT, IPV4_AT + 4) : bytes.subarray(IPV6_AT, IPV6_AT + 16);
    this.mapped = family === AF_INET ? this.whole : bytes.subarray(MAPPED_AT, MAPPED_AT + 4);
  }

  /** 4 bytes for IPv4, also in IPv6, and 16 for IPv6; they change with the structure. */
  get address(): Buffer {
    return this.family === AF_INET6 && this.isMapped ? this.mapped : this.whole;
  }

  private get isMapped(): boolean {
    const { whole } = this;
    if (whole[10] !== 0xff || whole[11] !== 0xff) return false;
    for (let at = 0; at < 10; at++) if (whole[at] !== 0) return false;
    return true;
  }
}
