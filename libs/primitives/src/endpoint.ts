import { PageSwarmError } from './errors.ts';

/** Where a node listens. `host` is a name, an IPv4 or an IPv6 address without brackets. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port` or `[ipv6]:port`.
 * @throws PageSwarmError INVALID_REQUEST
 */
export function parseEndpoint(text: string): Endpoint {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[\w.-]+)?)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text.trim());
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (!host || port > 65_535) throw new PageSwarmError('INVALID_REQUEST', `"${text.slice(0, 80)}" is not host:port`);
  return { host, port };
}

/** The inverse of {@link parseEndpoint}; IPv6 gets its brackets. */
export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Drops the IPv4-in-IPv6 prefix that dual-stack sockets report (RFC 4291 section 2.5.5.2). */
export function plainAddress(address: string): string {
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
