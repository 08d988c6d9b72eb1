import type { TransportLimits } from './limits.ts';

/** Counts the accepted connections of a server, so that nobody takes more than their part. */
export class ConnectionGate {
  private readonly perAddress = new Map<string, number>();
  private total = 0;
  private handshakes = 0;

  constructor(private readonly limits: TransportLimits) {}

  /** Lets a connection in; or says which limit it would cross. */
  enter(address: string): { refusal?: string; leave: () => void; shookHands: () => void } {
    const { maxConnections, maxConnectionsPerAddress, maxPendingHandshakes } = this.limits;
    const nothing = { leave: () => {}, shookHands: () => {} };
    const ofAddress = this.perAddress.get(address) ?? 0;
    if (this.total >= maxConnections) return { refusal: `This node takes ${maxConnections} connections`, ...nothing };
    if (ofAddress >= maxConnectionsPerAddress)
      return { refusal: `This node takes ${maxConnectionsPerAddress} connections from one address`, ...nothing };
    if (this.handshakes >= maxPendingHandshakes) return { refusal: 'Too many handshakes at once', ...nothing };
    this.total++;
    this.handshakes++;
    this.perAddress.set(address, ofAddress + 1);
    let isShaking = true;
    let isInside = true;
    const shookHands = (): void => {
      if (isShaking) this.handshakes--;
      isShaking = false;
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
