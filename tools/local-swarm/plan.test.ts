import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { readPeerConfig, readTrackerConfig, readWorkerConfig } from '@pageswarm/config';
import { environmentOf, planSwarm } from './plan.ts';
import { demandFreePorts, findFreeBasePort } from './ports.ts';

const shape = { peers: 2, basePort: 7180, dataDir: '/data' };

describe('plan of a local swarm', () => {
  it('gives the tracker, the pdf-worker and each peer two neighbouring ports', () => {
    expect(planSwarm(shape).map(({ name, role, httpPort, transportPort }) => [name, role, httpPort, transportPort])).toEqual([
      ['tracker', 'tracker', 7180, 7181],
      ['pdf-worker', 'worker', 7182, 7183],
      ['peer-1', 'peer', 7184, 7185],
      ['peer-2', 'peer', 7186, 7187],
    ]);
  });

  it('tells each service what its configuration takes', () => {
    const [tracker, worker, , second] = planSwarm(shape).map((planned) => environmentOf(planned, shape, { PAGESWARM_STRATEGY: 'cascade' }));
    expect(readTrackerConfig(tracker ?? {})).toMatchObject({ nodeName: 'tracker', http: { port: 7180 }, dataDir: '/data/tracker' });
    expect(readWorkerConfig(worker ?? {})).toMatchObject({ transport: { host: '127.0.0.1', port: 7183 } });
    expect(readPeerConfig(second ?? {})).toMatchObject({
      transport: { port: 7187 },
      trackers: [{ host: '127.0.0.1', port: 7181 }],
      workers: [{ host: '127.0.0.1', port: 7183 }],
      strategy: 'cascade',
    });
  });

  it('keeps variables of the tools and a foreign advertised address away from the services', () => {
    const inherited = { PAGESWARM_CORPUS: '/corpus', PAGESWARM_ADVERTISE_HOST: 'far', PAGESWARM_ADVERTISE_PORT: '1' };
    for (const planned of planSwarm(shape)) expect(readPeerConfig(environmentOf(planned, shape, inherited)).advertise.host).toBeUndefined();
  });
});

describe('ports of a plan', () => {
  it('are refused by number and purpose when somebody holds one', async () => {
    const basePort = await findFreeBasePort(2);
    const plan = planSwarm({ ...shape, basePort });
    await expect(demandFreePorts(plan)).resolves.toBeUndefined();
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(basePort + 7, '127.0.0.1', listening));
    await expect(demandFreePorts(plan)).rejects.toThrow(
      `Port ${basePort + 7} on 127.0.0.1, wanted for the swarm transport of peer-2, is taken`,
    );
    await new Promise((closed) => holder.close(closed));
  });
});
