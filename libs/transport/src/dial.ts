import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Endpoint, formatEndpoint, PageSwarmError } from '@pageswarm/primitives';
import { SocketReads } from './socket-reads.ts';
import { clientTlsOptions, type TransportTls } from './transport-security.ts';

/** A connect that is under way. */
export interface Dialling {
  readonly socket: Promise<Socket>;
  /** What comes over the socket, unless it is TLS, which brings its own memory. */
  readonly reads: SocketReads | undefined;
  /** Gives up; `socket` rejects with `error`. */
  abort(error: PageSwarmError): void;
}

/**
 * Connects a socket, with TLS if asked. Rejects with CONNECTION_REFUSED, CONNECTION_TIMEOUT, or HANDSHAKE_FAILED if TLS
 * fails.
 */
export function dial(endpoint: Endpoint, tls: TransportTls | undefined, timeoutMs: number): Dialling {
  const { host, port } = endpoint;
  const address = formatEndpoint(endpoint);
  const reads = tls ? undefined : new SocketReads();
  const socket = tls ? connectTls({ host, port, ...clientTlsOptions(tls) }) : connectTcp({ host, port, onread: reads?.onread });
  let abort: (error: PageSwarmError) => void = () => {};
  let isTcpConnected = false;
  socket.once('connect', () => {
    isTcpConnected = true;
  });
  const connected = new Promise<Socket>((resolve, reject) => {
    const timer = setTimeout(() => {
      abort(new PageSwarmError('CONNECTION_TIMEOUT', `${address} did not answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      socket.removeListener('error', onError);
      socket.removeListener('close', onClose);
    };
    const onError = (cause: NodeJS.ErrnoException): void => {
      finish();
      // A second error of a socket that has failed must not end the process.
      socket.on('error', () => {});
      socket.destroy();
      reject(connectError(address, cause, isTcpConnected));
    };
    const onClose = (): void => onError(new Error('closed') as NodeJS.ErrnoException);
    abort = (error) => {
      finish();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      finish();
      resolve(socket);
    });
  });
  return { socket: connected, reads, abort: (error) => abort(error) };
}

function connectError(address: string, cause: NodeJS.ErrnoException, isTcpConnected: boolean): PageSwarmError {
  if (isTcpConnected) return new PageSwarmError('HANDSHAKE_FAILED', `TLS with ${address} failed: ${cause.message}`, { cause });
  if (cause.code === 'ETIMEDOUT') return new PageSwarmError('CONNECTION_TIMEOUT', `${address} did not answer`, { cause });
  return new PageSwarmError('CONNECTION_REFUSED', `${address} cannot be reached (${cause.code ?? cause.message})`, { cause });
}
