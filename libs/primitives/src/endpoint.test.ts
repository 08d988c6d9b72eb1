import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { formatEndpoint, parseEndpoint, plainAddress } from './endpoint.ts';

const port = fc.integer({ min: 0, max: 65_535 });
const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.constantFrom('localhost', 'tracker', 'peer_3', 'fe80::1%eth0'));

describe('an endpoint', () => {
  it('comes back from what was written, for names, IPv4 and IPv6', () => {
    fc.assert(
      fc.property(fc.record({ host, port }), (endpoint) => {
        expect(parseEndpoint(formatEndpoint(endpoint))).toEqual(endpoint);
      }),
    );
  });

  it.each([
    ['127.0.0.1:7181', '127.0.0.1', 7181],
    ['tracker:7181', 'tracker', 7181],
    ['[::1]:7181', '::1', 7181],
    ['[::ffff:10.0.0.1]:80', '::ffff:10.0.0.1', 80],
    [' peer:1 ', 'peer', 1],
    ['peer:0', 'peer', 0],
  ])('is read from "%s"', (text, hostRead, portRead) => {
    expect(parseEndpoint(text)).toEqual({ host: hostRead, port: portRead });
  });

  it.each([
    '',
    'peer',
    'peer:',
    ':80',
    'peer:65536',
    'peer:-1',
    'peer:8O',
    '::1:80',
    '[::1]',
    '[peer]:80',
    'a b:80',
    'http://peer:80',
    'peer:80/x',
    'u@[::1]:80',
  ])('is not read from "%s"', (text) => {
    expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  it('shows IPv4 addresses of dual-stack sockets as such', () => {
    expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(plainAddress('::ffff:c000:201')).toBe('::ffff:c000:201');
    expect(plainAddress('2001:db8::1')).toBe('2001:db8::1');
  });
});
