import { type Endpoint, formatEndpoint, type PeerId } from '@pageswarm/primitives';
import { type NodeIdentity, SwarmClient, type TransportSecurity } from '@pageswarm/transport';
import { Turns } from './turns.ts';

/** How long a peer may take to answer at the address that it announces, in milliseconds. */
export const CONNECT_BACK_TIMEOUT_MS = 3_000;
/** The most addresses that are tried at once; others wait for their turn. */
export const MAX_CONNECT_BACKS = 64;

/** Finds out whether a peer answers at an address. */
export interface ReachabilityCheck {
  reach(endpoint: Endpoint, peerId: PeerId): Promise<boolean>;
}

/** Dials the address on the swarm transport and wants the peer's own handshake. */
export class ConnectBack implements ReachabilityCheck {
  private readonly turns = new Turns(MAX_CONNECT_BACKS);
  private readonly pending = new Map<string, Promise<boolean>>();

  constructor(
    private readonly identity: NodeIdentity,
    private readonly security: TransportSecurity,
  ) {}

  /** One check for each peer and address at a time; whoever asks meanwhile shares its answer. */
  reach(endpoint: Endpoint, peerId: PeerId): Promise<boolean> {
    const key = `${peerId}@${formatEndpoint(endpoint)}`;
    const running = this.pending.get(key);
    if (running !== undefined) return running;
    const check = this.turns.take(() => this.dial(endpoint, peerId)).finally(() => this.pending.delete(key));
    this.pending.set(key, check);
    return check;
  }

  private async dial(endpoint: Endpoint, expectedPeerId: PeerId): Promise<boolean> {
    const { identity, security } = this;
    const client = new SwarmClient({
      endpoint,
      identity,
      security,
      expectedPeerId,
      limits: { connectTimeoutMs: CONNECT_BACK_TIMEOUT_MS, handshakeTimeoutMs: CONNECT_BACK_TIMEOUT_MS },
    });
    try {
      await client.connect();
      return true;
    } catch {
      return false;
    } finally {
      client.destroy();
    }
  }
}
