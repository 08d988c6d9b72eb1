import { PageSwarmError } from '@pageswarm/primitives';

/**
 * What one stream may still receive. The sender may send a window, and as much more as the reader has taken; grants are
 * gathered until half a window is free, so a reader that takes small bites does not answer each with a frame.
 */
export class ReceiveWindow {
  private available: number;
  private taken = 0;

  constructor(private readonly windowBytes: number) {
    this.available = windowBytes;
  }

  /** @throws PageSwarmError CREDIT_EXCEEDED if the sender did not have that much credit */
  charge(bytes: number): void {
    if (bytes > this.available)
      throw new PageSwarmError('CREDIT_EXCEEDED', `A frame of ${bytes} bytes came with ${this.available} bytes of credit left`);
    this.available -= bytes;
  }

  /** The reader took `bytes`. Returns the credit to grant now, 0 for none yet. */
  release(bytes: number): number {
    this.taken += bytes;
    if (this.taken * 2 < this.windowBytes) return 0;
    const grant = this.taken;
    this.taken = 0;
    this.available += grant;
    return grant;
  }
}
