import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What one direction of a link holds at the most before it takes no more, in bytes. */
const MAX_HELD_BYTES = 8_388_608;

/** A TCP proxy in front of a node of this machine that gives every byte a long way: each direction takes half of a round trip. */
export class DelayLink {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  /** Where it leads to; set before anybody connects. */
  target = 0;

  constructor(private readonly roundTripMs: number) {
    this.server = createServer((near) => this.join(near));
  }

  /** @returns the port that it listens on */
  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private join(near: Socket): void {
    const far = connect(this.target, '127.0.0.1');
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.sockets.delete(socket));
    }
    this.carry(near, far);
    this.carry(far, near);
  }

  private carry(from: Socket, to: Socket): void {
    let held = 0;
    from.on('data', (chunk: Buffer) => {
      held += chunk.length;
      if (held > MAX_HELD_BYTES) from.pause();
      setTimeout(() => {
        held -= chunk.length;
        if (held <= MAX_HELD_BYTES) from.resume();
        if (!to.destroyed) to.write(chunk);
      }, this.roundTripMs / 2);
    });
    from.once('close', () => setTimeout(() => to.destroy(), this.roundTripMs / 2));
  }
}
