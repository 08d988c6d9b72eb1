import type { FastifyRequest } from 'fastify';

const HOST_HEADER = /^(?:\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::\d{1,5})?$/;

/** The base URL under which the asker reaches this tracker: the configured one, else the host that it asked for. */
export function publicUrlOf(request: FastifyRequest, configured: string | undefined): string {
  if (configured) return configured;
  const { host } = request.headers;
  if (host !== undefined && HOST_HEADER.test(host)) return `${request.protocol}://${host}`;
  const { localAddress = '127.0.0.1', localPort = 80 } = request.raw.socket;
  return `http://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
