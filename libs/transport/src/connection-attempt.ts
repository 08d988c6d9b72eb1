import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Endpoint, formatEndpoint, PageSwarmError, type PeerId } from '@pageswarm/primitives';
import { Connection } from './connection.ts';
import type { ConnectionOptions } from './connection-options.ts';
import { type Dialling, dial } from './dial.ts';
import { NONCE_BYTES } from './handshake.ts';
import type { TransportSecurity } from './transport-security.ts';

type PassedOn = Omit<ConnectionOptions<Connection>, 'socket' | 'reads' | 'side' | 'nonce' | 'accept'>;

export interface ConnectionAttemptOptions extends PassedOn {
  readonly endpoint: Endpoint;
  readonly security?: TransportSecurity;
  readonly expectedPeerId?: PeerId;
}

/** One try to reach an endpoint: dial, TLS, handshake, all within the connect time. */
export class ConnectionAttempt {
  /** Resolves when the handshake is done; rejects with why it is not. */
  readonly connection: Promise<Connection>;
  private readonly dialling: Dialling;
  private made: Connection | undefined;

  constructor(private readonly options: ConnectionAttemptOptions) {
    const { endpoint, security, limits } = options;
    const started = performance.now();
    this.dialling = dial(endpoint, security?.tls, limits.connectTimeoutMs);
    this.connection = this.dialling.socket.then((socket) => {
      const left = Math.max(1, limits.connectTimeoutMs - Math.round(performance.now() - started));
      return this.shakeHands(socket, left);
    });
  }

  /** Gives up; `connection` rejects with `error`. */
  abort(error: PageSwarmError): void {
    this.dialling.abort(error);
    this.made?.destroy('local-destroy', error);
  }

  private shakeHands(socket: Socket, timeoutMs: number): Promise<Connection> {
    const { options } = this;
    return new Promise((resolve, reject) => {
      this.made = new Connection({
        ...options,
        socket,
        reads: this.dialling.reads,
        side: 'connector',
        nonce: randomBytes(NONCE_BYTES),
        limits: { ...options.limits, connectTimeoutMs: timeoutMs },
        accept: ({ peerId }) => this.demandPeer(peerId),
        onOpen: (made) => {
          options.onOpen?.(made);
          resolve(made);
        },
        onClose: (made, reason, error) => {
          reject(error);
          options.onClose?.(made, reason, error);
        },
      });
      this.made.start();
    });
  }

  private demandPeer(peerId: PeerId): void {
    const { expectedPeerId, endpoint } = this.options;
    if (expectedPeerId === undefined || peerId === expectedPeerId) return;
    throw new PageSwarmError('HANDSHAKE_FAILED', `${formatEndpoint(endpoint)} is ${peerId}, not ${expectedPeerId}`);
  }
}
