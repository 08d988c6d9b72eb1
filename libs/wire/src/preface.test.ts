import { describe, expect, it } from '@jest/globals';
import { agreeVersion, encodePreface, PREFACE_BYTES, PrefaceReader } from './index.ts';

describe('the preface', () => {
  it('is read from any chunks and leaves the rest', () => {
    const bytes = Buffer.concat([encodePreface({ min: 1, max: 513 }), Buffer.from('rest')]);
    for (let split = 0; split <= bytes.length; split++) {
      const reader = new PrefaceReader();
      const rest = Buffer.concat([reader.push(bytes.subarray(0, split)), reader.push(bytes.subarray(split))]);
      expect(reader.versions).toEqual({ min: 1, max: 513 });
      expect(rest.toString()).toBe('rest');
    }
  });

  it('is incomplete until its last byte', () => {
    const reader = new PrefaceReader();
    reader.push(encodePreface().subarray(0, PREFACE_BYTES - 1));
    expect(reader.versions).toBeUndefined();
  });

  it.each(['GET / HTTP/1.1', 'PGSX', 'X', '\x16\x03\x01'])('refuses %j at the first byte that differs', (text) => {
    expect(() => new PrefaceReader().push(Buffer.from(text, 'latin1'))).toThrow(expect.objectContaining({ code: 'HANDSHAKE_FAILED' }));
  });

  it('agrees on the highest version that both speak', () => {
    expect(agreeVersion({ min: 1, max: 4 }, { min: 2, max: 3 })).toBe(3);
    expect(agreeVersion({ min: 3, max: 9 }, { min: 1, max: 3 })).toBe(3);
  });

  it.each([
    [
      { min: 2, max: 3 },
      { min: 1, max: 1 },
    ],
    [
      { min: 1, max: 1 },
      { min: 2, max: 3 },
    ],
    [
      { min: 5, max: 1 },
      { min: 1, max: 9 },
    ],
  ])('finds no version in %j and %j', (remote, own) => {
    expect(() => agreeVersion(remote, own)).toThrow(expect.objectContaining({ code: 'PROTOCOL_VERSION' }));
  });
});
