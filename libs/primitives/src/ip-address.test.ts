import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressBytes, addressText } from './ip-address.ts';

describe('addresses', () => {
  it.each([
    ['127.0.0.1', '7f000001'],
    ['::ffff:10.0.0.9', '0a000009'],
    ['::1', `${'00'.repeat(15)}01`],
    ['2001:db8::8:800:200c:417a', '20010db80000000000080800200c417a'],
    ['fe80::1%eth0', `fe80${'00'.repeat(13)}01`],
  ])('%s becomes bytes', (text, hex) => {
    expect(addressBytes(text)?.toString('hex')).toBe(hex);
  });

  it.each(['', 'localhost', '1.2.3', '1.2.3.256', '1::2::3::4::5:g', '1:2:3', '1:2:3:4:5:6:7:8:9'])('%j is none', (text) => {
    expect(addressBytes(text)).toBeUndefined();
  });

  it('come back from bytes', () => {
    fc.assert(
      fc.property(
        fc.ipV6(),
        (text) =>
          text.includes('.') || addressBytes(addressText(addressBytes(text) as Buffer))?.equals(addressBytes(text) as Buffer) === true,
      ),
    );
    fc.assert(fc.property(fc.ipV4(), (text) => addressText(addressBytes(text) as Buffer) === text));
  });
});
