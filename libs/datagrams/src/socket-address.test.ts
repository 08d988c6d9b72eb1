import { describe, expect, it } from '@jest/globals';
import { addressBytes } from '@pageswarm/primitives';
import { AF_INET, AF_INET6, SocketAddressView, socketAddress } from './socket-address.ts';

const bytesOf = (text: string) => addressBytes(text) as Buffer;

describe('socket addresses', () => {
  it('are written as Linux has them: family in its own order, port and address as on the wire', () => {
    expect(socketAddress(bytesOf('127.0.0.1'), 7_180).toString('hex')).toBe(`0200${'1c0c'}7f000001${'00'.repeat(8)}`);
    expect(socketAddress(bytesOf('2001:db8::1'), 1).toString('hex')).toBe(
      `0a000001${'00000000'}20010db8${'00'.repeat(11)}01${'00'.repeat(4)}`,
    );
  });

  it.each([
    ['10.1.2.3', AF_INET, '0a010203'],
    ['2001:db8::1', AF_INET6, `20010db8${'00'.repeat(11)}01`],
    ['::1', AF_INET6, `${'00'.repeat(15)}01`],
  ] as const)('are read back: %s', (text, family, hex) => {
    const view = new SocketAddressView(socketAddress(bytesOf(text), 9), family);
    expect(view.address.toString('hex')).toBe(hex);
  });

  it('of IPv4 senders on an IPv6 socket are read as IPv4', () => {
    const bytes = socketAddress(Buffer.from(`${'00'.repeat(10)}ffff0a010203`, 'hex'), 9);
    const view = new SocketAddressView(bytes, AF_INET6);
    expect(view.address.toString('hex')).toBe('0a010203');
    for (const at of [8, 19]) {
      bytes[at] = 1;
      expect(view.address).toHaveLength(16);
      bytes[at] = at === 8 ? 0 : 0xff;
    }
  });
});
