import type { Socket } from 'node:net';

/** The end of a socket: sends what was written, reads and drops what still comes, and waits only so long for the other end. */
export class ClosingSocket {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly lingerMs: number,
  ) {}

  /** Gives the other end the linger time to close first, then calls `close`. */
  waitForOther(close: () => void): void {
    this.timer ??= setTimeout(close, this.lingerMs);
  }

  end(): void {
    this.stop();
    const { socket } = this;
    if (socket.destroyed) return;
    socket.end();
    // What still comes is read and thrown away: closing over unread bytes would reset the connection, and the other end
    // might lose the GO_AWAY that says why.
    socket.resume();
    this.timer = setTimeout(() => socket.destroy(), this.lingerMs);
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }
}
