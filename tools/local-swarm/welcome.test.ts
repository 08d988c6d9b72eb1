import { describe, expect, it } from '@jest/globals';
import { LocalSwarm } from './local-swarm.ts';
import { planSwarm } from './plan.ts';
import { ServiceProcess } from './service-process.ts';
import { welcome } from './welcome.ts';

/** What a swarm of so many peers says, of which nothing runs. */
function welcomeOf(peers: number): string {
  const shape = { peers, basePort: 7180, dataDir: '/nowhere' };
  const swarm = new LocalSwarm(shape);
  swarm.processes.push(...planSwarm(shape).map((planned) => new ServiceProcess(planned, shape)));
  return welcome(swarm);
}

describe('the welcome', () => {
  it('offers a download on a peer that has not got everything', () => {
    expect(welcomeOf(3)).toContain('http://127.0.0.1:7188/api/v1/downloads');
    expect(welcomeOf(3)).not.toContain('--peers 3');
  });

  it('of a lone peer offers no download, for it has every document, but more peers', () => {
    expect(welcomeOf(1)).not.toContain('/downloads');
    expect(welcomeOf(1)).toContain('npm start -- --peers 3');
    expect(welcomeOf(1)).toContain('http://127.0.0.1:7184/api/v1/documents');
  });
});
