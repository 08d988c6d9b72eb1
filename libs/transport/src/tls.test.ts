import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { SwarmServer, type TransportTls } from './index.ts';
import { failure, loopback, TRACKER } from './testing/loopback.ts';

// A test authority that was thrown away, a certificate of it for the name swarm.test, and one that signed itself. All last 100 years.
const file = (name: string): string => new URL(`testing/certificates/${name}`, import.meta.url).pathname;
const NODE: TransportTls = { cert: file('node.pem'), key: readFileSync(file('node.key')), ca: readFileSync(file('ca.pem'), 'utf8') };
const TRUSTING: TransportTls = { ca: file('ca.pem'), serverName: 'swarm.test' };

const swarm = loopback(afterEach);

describe('TLS', () => {
  it('carries requests between nodes whose certificate is known, with a swarm key inside', async () => {
    const server = await swarm.listen((s) => s.route('n', () => 1), { security: { tls: NODE, swarmKey: 'k' } });
    expect(await swarm.connect(server, { security: { tls: TRUSTING, swarmKey: 'k' } }).request('n')).toBe(1);
  });

  it('refuses a server whose certificate names another, unless any name will do', async () => {
    const server = await swarm.listen((s) => s.route('n', () => 1), { security: { tls: NODE } });
    const strict = swarm.connect(server, { security: { tls: { ca: NODE.ca } } });
    expect(await failure(strict.request('n'))).toMatchObject({ code: 'HANDSHAKE_FAILED' });
    const lax = swarm.connect(server, { security: { tls: { ca: NODE.ca, verifyServerName: false } } });
    expect(await lax.request('n')).toBe(1);
  });

  it('refuses a server that nobody vouches for', async () => {
    const server = await swarm.listen(() => {}, { security: { tls: { cert: file('stranger.pem'), key: file('stranger.key') } } });
    expect(await failure(swarm.connect(server, { security: { tls: TRUSTING } }).connect())).toMatchObject({ code: 'HANDSHAKE_FAILED' });
  });

  it('can ask clients for a certificate', async () => {
    const server = await swarm.listen((s) => s.route('n', () => 1), { security: { tls: { ...NODE, requireClientCertificate: true } } });
    const known = swarm.connect(server, { security: { tls: { ...TRUSTING, cert: NODE.cert, key: NODE.key } } });
    expect(await known.request('n')).toBe(1);
    const nameless = swarm.connect(server, { security: { tls: TRUSTING } });
    expect(await failure(nameless.request('n'))).toMatchObject({ code: 'HANDSHAKE_FAILED' });
    const stranger = swarm.connect(server, { security: { tls: { ...TRUSTING, cert: file('stranger.pem'), key: file('stranger.key') } } });
    expect(await failure(stranger.request('n'))).toMatchObject({ code: 'HANDSHAKE_FAILED' });
  });

  it('at one end only fails with a code at both', async () => {
    const withTls = await swarm.listen(() => {}, { security: { tls: NODE }, limits: { handshakeTimeoutMs: 500 } });
    expect(await failure(swarm.connect(withTls, { limits: { connectTimeoutMs: 1_000 } }).connect())).toMatchObject({
      code: 'HANDSHAKE_FAILED',
    });
    const without = await swarm.listen();
    expect(await failure(swarm.connect(without, { security: { tls: TRUSTING } }).connect())).toMatchObject({ code: 'HANDSHAKE_FAILED' });
  });

  it.each([
    ['a file that is not there', { cert: '/nowhere/cert.pem', key: NODE.key }],
    ['no key', { cert: NODE.cert }],
  ])('with %s does not start', async (_what, tls) => {
    const server = new SwarmServer({ host: '127.0.0.1', port: 0, identity: TRACKER, security: { tls } });
    await expect(new Promise((_resolve, reject) => server.listen(reject))).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });
});

describe('a client whose TLS files cannot be read', () => {
  it('fails each request with the name of the file', async () => {
    const server = await swarm.listen();
    const client = swarm.connect(server, { security: { tls: { ca: '/nowhere/ca.pem' } } });
    const wanted = { code: 'INVALID_CONFIGURATION', detail: expect.stringContaining('/nowhere/ca.pem') };
    expect(await failure(client.request('n'))).toMatchObject(wanted);
    expect(await failure(client.connect())).toMatchObject(wanted);
  });
});

describe('a swarm key', () => {
  it('must not be empty', () => {
    expect(() => new SwarmServer({ host: '127.0.0.1', port: 0, identity: TRACKER, security: { swarmKey: '' } })).toThrow(
      expect.objectContaining({ code: 'INVALID_CONFIGURATION' }),
    );
  });
});
