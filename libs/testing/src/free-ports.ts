import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** Below the ranges from which systems hand out ports for outgoing connections, so that none of those takes one meanwhile. */
const [FIRST_PORT, END_PORT] = [10_000, 32_000];
const MAX_TRIES = 1_000;

/** Ports of loopback that nobody listens on now; all are held at once while they are looked for, so none comes twice. */
export async function freePorts(count: number): Promise<number[]> {
  const held = new Map<number, Server>();
  try {
    for (let tries = 0; held.size < count; tries++) {
      if (tries === MAX_TRIES) throw new Error(`${count} free ports were not found in ${MAX_TRIES} tries`);
      const port = randomInt(FIRST_PORT, END_PORT);
      const server = createServer();
      const isFree = await once(server.listen({ port, host: '127.0.0.1', exclusive: true }), 'listening').then(
        () => true,
        () => false,
      );
      if (isFree) held.set(port, server);
    }
    return [...held.keys()];
  } finally {
    for (const server of held.values()) server.close();
  }
}
