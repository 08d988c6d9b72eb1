import type { TransportLimits } from './limits.ts';

export interface Admission {
  /** The limit that one more connection would cross; the connection is not counted then. */
  readonly refusal?: string;
  /** The connection is gone. */
  leave(): void;
  /** The connection has finished its handshake. */
  shookHands(): void;
}

/** Counts the accepted connections of a server, so that nobody takes more than their part. */
export class ConnectionGate {
  private readonly perAddress = new Map<string, number>();
  /** What ends each handshake that is under way, oldest first. */
  private readonly shaking = new Set<() => void>();
  private total = 0;

  constructor(private readonly limits: TransportLimits) {}

  /**
   * Lets a connection in, or says which limit it would cross. Among too many handshakes the oldest has to go: an honest one
   * takes milliseconds, so those who only hold sockets open lock nobody out.
   */
  enter(address: string, evict: () => void): Admission {
    const { maxConnections, maxConnectionsPerAddress, maxPendingHandshakes } = this.limits;
    const ofAddress = this.perAddress.get(address) ?? 0;
    if (this.total >= maxConnections) return refused(`This node takes ${maxConnections} connections`);
    if (ofAddress >= maxConnectionsPerAddress) return refused(`This node takes ${maxConnectionsPerAddress} connections from one address`);
    const [oldest] = this.shaking;
    if (oldest && this.shaking.size >= maxPendingHandshakes) {
      this.shaking.delete(oldest);
      oldest();
    }
    this.total++;
    this.perAddress.set(address, ofAddress + 1);
    this.shaking.add(evict);
    let isInside = true;
    const shookHands = (): void => {
      this.shaking.delete(evict);
    };
    const leave = (): void => {
      if (!isInside) return;
      isInside = false;
      shookHands();
      this.total--;
      const left = (this.perAddress.get(address) ?? 1) - 1;
      if (left > 0) this.perAddress.set(address, left);
      else this.perAddress.delete(address);
    };
    return { leave, shookHands };
  }
}

function refused(refusal: string): Admission {
  return { refusal, leave() {}, shookHands() {} };
}
