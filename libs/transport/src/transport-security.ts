import { readFileSync } from 'node:fs';
import type { ConnectionOptions as TlsConnectionOptions, TlsOptions } from 'node:tls';
import { PageSwarmError } from '@pageswarm/primitives';

/** PEM text or bytes, or the path of a PEM file. */
export type PemSource = string | Uint8Array;

export interface TransportTls {
  /** The certificate chain of this node. A server needs one, a client only for mutual TLS. */
  readonly cert?: PemSource;
  /** The private key of `cert`. */
  readonly key?: PemSource;
  /** Who signs the certificates of the other ends. @default the authorities that Node trusts */
  readonly ca?: PemSource;
  /** A server asks for a certificate signed by `ca` and refuses clients without one. @default false */
  readonly requireClientCertificate?: boolean;
  /** The name that a client expects in the server's certificate. @default the endpoint's host */
  readonly serverName?: string;
  /** A client checks that the certificate names the server; without, any certificate of `ca` will do. @default true */
  readonly verifyServerName?: boolean;
}

/** What keeps strangers out. */
export interface TransportSecurity {
  /** The secret that all nodes of a swarm share. It is never sent: both ends prove that they know it. */
  readonly swarmKey?: string;
  readonly tls?: TransportTls;
}

/** The swarm key of `security`. @throws PageSwarmError INVALID_CONFIGURATION for an empty key, which would protect nothing */
export function swarmKeyOf(security: TransportSecurity | undefined): string | undefined {
  if (security?.swarmKey === '') throw new PageSwarmError('INVALID_CONFIGURATION', 'A swarm key must not be empty');
  return security?.swarmKey;
}

/** @throws PageSwarmError INVALID_CONFIGURATION if a file cannot be read or a part is missing */
export function serverTlsOptions(tls: TransportTls): TlsOptions {
  if (!tls.cert || !tls.key) throw new PageSwarmError('INVALID_CONFIGURATION', 'A TLS server needs a certificate and its key');
  const mutual = tls.requireClientCertificate ? { requestCert: true, rejectUnauthorized: true } : {};
  return { ...pems(tls), ...mutual, minVersion: 'TLSv1.2' };
}

/** @throws PageSwarmError INVALID_CONFIGURATION if a file cannot be read */
export function clientTlsOptions(tls: TransportTls): TlsConnectionOptions {
  const anyName = tls.verifyServerName === false ? { checkServerIdentity: () => undefined } : {};
  return { ...pems(tls), ...(tls.serverName ? { servername: tls.serverName } : {}), ...anyName, minVersion: 'TLSv1.2' };
}

function pems(tls: TransportTls): { cert?: Buffer; key?: Buffer; ca?: Buffer } {
  return { cert: readPem('cert', tls.cert), key: readPem('key', tls.key), ca: readPem('ca', tls.ca) };
}

function readPem(name: string, source: PemSource | undefined): Buffer | undefined {
  if (source === undefined) return undefined;
  if (typeof source !== 'string') return Buffer.from(source);
  if (source.includes('-----BEGIN ')) return Buffer.from(source);
  try {
    return readFileSync(source);
  } catch (cause) {
    throw new PageSwarmError('INVALID_CONFIGURATION', `The TLS file "${source}" (${name}) cannot be read`, { cause });
  }
}
