import { connect, createServer, type Server, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import type { Endpoint } from '@pageswarm/primitives';

/** How finely a slow link lets bytes through, in milliseconds. */
const SLICE_MS = 10;

/**
 * A TCP proxy before a node that lets no more than so many bytes per second back to whoever connects, over all connections
 * together: a thin uplink. Round trips stay as they are.
 */
export class SlowLink {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private freeAt = 0;

  constructor(
    private readonly target: () => Endpoint,
    private readonly bytesPerSecond: number,
  ) {
    this.server = createServer((near) => this.join(near));
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => this.server.once('error', reject).listen(port, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket): void {
    const { host, port } = this.target();
    const far = connect(port, host);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.sockets.delete(socket));
    }
    // Whoever goes away in the middle takes the other end along, as without a proxy; what was sent before a proper end still arrives.
    near.once('close', () => far.destroy());
    far.once('close', (hadError) => {
      if (hadError) near.destroy();
    });
    near.pipe(far);
    far.pipe(this.throttle()).pipe(near);
  }

  private throttle(): Transform {
    const sliceBytes = Math.max(1, Math.floor((this.bytesPerSecond * SLICE_MS) / 1_000));
    return new Transform({
      highWaterMark: sliceBytes,
      transform: (chunk: Buffer, _, done) => {
        const now = performance.now();
        this.freeAt = Math.max(now, this.freeAt) + (chunk.length / this.bytesPerSecond) * 1_000;
        const wait = this.freeAt - now;
        if (wait < SLICE_MS) done(null, chunk);
        else setTimeout(() => done(null, chunk), wait);
      },
    });
  }
}
