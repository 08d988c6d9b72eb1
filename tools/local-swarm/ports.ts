import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { LOOPBACK, type PlannedProcess, planSwarm } from './plan.ts';

/** A port that somebody else holds, and what wanted it. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';

  constructor(
    readonly port: number,
    readonly wantedBy: string,
    reason: string,
  ) {
    super(`Port ${port} on ${LOOPBACK}, wanted for ${wantedBy}, ${reason}`);
  }
}

/**
 * Looks at every port of a plan before anything starts.
 * @throws PortTakenError for the first one that cannot be listened on
 */
export async function demandFreePorts(plan: readonly PlannedProcess[]): Promise<void> {
  for (const { name, httpPort, transportPort } of plan) {
    await demandFreePort(httpPort, `the HTTP face of ${name}`);
    await demandFreePort(transportPort, `the swarm transport of ${name}`);
  }
}

/** A base port from which `peers` peers, a tracker and a pdf-worker find every port free, looked for at random. */
export async function findFreeBasePort(peers: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt++) {
    // Below the range from which systems hand out ports for outgoing connections, so that none of those takes one meanwhile.
    const basePort = randomInt(10_000, 31_000);
    try {
      await demandFreePorts(planSwarm({ peers, basePort, dataDir: '' }));
      return basePort;
    } catch (error) {
      if (!(error instanceof PortTakenError)) throw error;
    }
  }
  throw new Error('No free block of ports was found');
}

function demandFreePort(port: number, wantedBy: string): Promise<void> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once('error', ({ code }: NodeJS.ErrnoException) =>
      fail(new PortTakenError(port, wantedBy, REASONS[code ?? ''] ?? `fails: ${code}`)),
    );
    server.listen({ port, host: LOOPBACK, exclusive: true }, () => server.close(() => done()));
  });
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken',
  EACCES: 'may not be used by this user',
};
