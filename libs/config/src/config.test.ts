import { describe, expect, it } from '@jest/globals';
import { readPeerConfig, readTrackerConfig, readWorkerConfig } from './index.ts';

describe('configuration', () => {
  it('needs nothing: defaults are loopback, known ports and no token', () => {
    expect(readTrackerConfig({})).toMatchObject({
      http: { host: '127.0.0.1', port: 7180 },
      transport: { port: 7181 },
      redisUrl: undefined,
      admin: { open: false },
    });
    expect(readWorkerConfig({})).toMatchObject({ http: { port: 7182 }, transport: { port: 7183 }, jobTimeoutMs: 10_000 });
    expect(readPeerConfig({})).toMatchObject({
      http: { port: 7184 },
      transport: { port: 7185 },
      maxDocumentBytes: 2 ** 30,
      strategy: 'adaptive',
    });
  });

  it('reads lists of endpoints, with IPv6', () => {
    expect(readPeerConfig({ PAGESWARM_TRACKERS: 'tracker:7181, [::1]:9' }).trackers).toEqual([
      { host: 'tracker', port: 7181 },
      { host: '::1', port: 9 },
    ]);
    expect(readPeerConfig({ PAGESWARM_WORKERS: ' , ' }).workers).toEqual([]);
  });

  it('takes an empty value as unset, as compose files pass it', () => {
    expect(readTrackerConfig({ PAGESWARM_REDIS_URL: '', PAGESWARM_HTTP_PORT: '' })).toMatchObject({
      redisUrl: undefined,
      http: { port: 7180 },
    });
  });

  it('refuses a bad value in a sentence that names the variable', () => {
    expect(() => readTrackerConfig({ PAGESWARM_HTTP_PORT: '70000' })).toThrow(/PAGESWARM_HTTP_PORT="70000" is not usable/);
    expect(() => readTrackerConfig({ PAGESWARM_REDIS_URL: 'http://x' })).toThrow(/PAGESWARM_REDIS_URL/);
    expect(() => readPeerConfig({ PAGESWARM_TRACKERS: 'nowhere' })).toThrow(/PAGESWARM_TRACKERS holds "nowhere"/);
    expect(() => readPeerConfig({ PAGESWARM_SWARM_KEY: 'short' })).toThrow(/PAGESWARM_SWARM_KEY/);
  });

  it('names a bad secret without telling it', () => {
    for (const [name, secret] of [
      ['PAGESWARM_SWARM_KEY', 'tooshort'],
      ['PAGESWARM_ADMIN_TOKEN', 'tooshort'],
      ['PAGESWARM_REDIS_URL', 'http://:tooshort@redis'],
    ] as const) {
      expect(() => readTrackerConfig({ [name]: secret })).toThrow(`${name} is not usable`);
      expect(() => readTrackerConfig({ [name]: secret })).not.toThrow(/tooshort/);
    }
  });

  it('refuses an unknown variable and suggests the one that was meant', () => {
    expect(() => readPeerConfig({ PAGESWARM_STRATEGIE: 'adaptive' })).toThrow(
      /PAGESWARM_STRATEGIE is not a variable.*did you mean PAGESWARM_STRATEGY/,
    );
    expect(() => readPeerConfig({ PAGESWARM_FOO: '1' })).toThrow(/PAGESWARM_FOO is not a variable/);
  });

  it('names every bad variable at once', () => {
    expect(() => readPeerConfig({ PAGESWARM_FOO: '1', PAGESWARM_LEASE_MS: 'x' })).toThrow(/PAGESWARM_FOO.*PAGESWARM_LEASE_MS/);
  });
});
