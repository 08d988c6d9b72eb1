import { peerId } from '@pageswarm/primitives';
import {
  type NodeIdentity,
  SwarmClient,
  type SwarmClientOptions,
  SwarmServer,
  type SwarmServerOptions,
  type TransportLogger,
} from '../index.ts';

export const TRACKER: NodeIdentity = { peerId: peerId('a'.repeat(40)), role: 'tracker' };
export const PEER: NodeIdentity = { peerId: peerId('b'.repeat(40)), role: 'peer' };

/** A logger that remembers instead of printing. */
export class QuietLogger implements TransportLogger {
  readonly errors: unknown[] = [];
  readonly warnings: unknown[] = [];

  error(message: unknown): void {
    this.errors.push(message);
  }

  warn(message: unknown): void {
    this.warnings.push(message);
  }
}

export interface Loopback {
  listen(build?: (server: SwarmServer) => void, options?: Partial<SwarmServerOptions>): Promise<SwarmServer>;
  connect(server: SwarmServer, options?: Partial<SwarmClientOptions>): SwarmClient;
  /** Runs after the test, last come first. */
  later(close: () => unknown): void;
}

/** Servers and clients on 127.0.0.1 that end with the test; `afterEach` is jest's. */
export function loopback(afterEach: (close: () => Promise<void>) => void): Loopback {
  const closers: (() => unknown)[] = [];
  const later = (close: () => unknown): void => {
    closers.unshift(close);
  };
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });
  return {
    later,
    async listen(build = () => {}, options = {}) {
      const server = new SwarmServer({ host: '127.0.0.1', port: 0, identity: TRACKER, logger: new QuietLogger(), ...options });
      build(server);
      await new Promise<void>((resolve, reject) => server.listen((error) => (error ? reject(error) : resolve())));
      later(() => {
        server.destroy();
        return server.close();
      });
      return server;
    },
    connect(server, options = {}) {
      const client = new SwarmClient({ endpoint: server.address(), identity: PEER, logger: new QuietLogger(), ...options });
      later(() => client.destroy());
      return client;
    },
  };
}

/** Resolves when `condition` holds; rejects after two seconds. */
export async function until(condition: () => boolean, what = 'the condition'): Promise<void> {
  const end = performance.now() + 2_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`Waited in vain for ${what}`);
    await sleep(2);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<{ code: string; detail: string }> {
  return promise.then(
    (value) => Promise.reject(new Error(`Expected a failure, got ${JSON.stringify(value)}`)),
    (error) => error,
  );
}
