import { describe, expect, it } from '@jest/globals';
import { infoHashV1, infoHashV2, isPageSwarmError } from '@pageswarm/primitives';
import fc from 'fast-check';
import { formatMagnet, MAX_MAGNET_LENGTH, parseMagnet } from './magnet.ts';

const v1 = infoHashV1('314094f1c39d502af4dd8a4aa0c529f9aa0cf35a');
const v2 = infoHashV2('a08e54b229d43669b973940cc926348374c5445db7ad5ae6c7d30e0a9359392f');

/** Any character of Unicode; fast-check's own unit of this kind takes seconds to set up. */
const anyCharacter = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point));

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return isPageSwarmError(error) ? error.code : `not ours: ${error}`;
  }
  return 'nothing thrown';
}

describe('magnet links', () => {
  it('are written for v1 and v2 clients at once', () => {
    const link = formatMagnet({
      infoHashV1: v1,
      infoHashV2: v2,
      name: 'a b&c.pdf',
      size: 5,
      trackers: ['http://t/announce?x=1'],
      webSeeds: ['http://w/'],
    });
    expect(link).toBe(
      `magnet:?xt=urn:btih:${v1}&xt=urn:btmh:1220${v2}&dn=a%20b%26c.pdf&xl=5&tr=http%3A%2F%2Ft%2Fannounce%3Fx%3D1&ws=http%3A%2F%2Fw%2F`,
    );
  });

  it('return everything that was written', () => {
    const texts = fc.string({ unit: anyCharacter, minLength: 1, maxLength: 30 });
    const lists = fc.array(texts, { maxLength: 3 });
    fc.assert(
      fc.property(fc.boolean(), texts, fc.maxSafeInteger(), lists, lists, (both, name, size, trackers, webSeeds) => {
        const magnet = { infoHashV1: both ? v1 : undefined, infoHashV2: v2, name, size: Math.abs(size) % 1e15, trackers, webSeeds };
        expect(parseMagnet(formatMagnet(magnet))).toEqual(magnet);
      }),
    );
  });

  it('are read in base32, in capitals, with numbered keys and unknown ones', () => {
    const base32 = 'GFAJJ4ODTVICV5G5RJFKBRJJ7GVAZ42Z';
    expect(parseMagnet(`magnet:?xt=urn:btih:${base32}`).infoHashV1).toBe('314094f1c39d502af4dd8a4aa0c529f9aa0cf359');
    expect(parseMagnet(`magnet:?xt=urn:btih:${base32.toLowerCase()}`).infoHashV1).toBe('314094f1c39d502af4dd8a4aa0c529f9aa0cf359');
    expect(
      parseMagnet(` MAGNET:?xt.1=URN:BTIH:${v1.toUpperCase()}&xt.2=urn:btmh:1220${v2}&tr.1=http://a&tr.2=http://b&x.pe=1&dn=a+b `),
    ).toEqual({
      infoHashV1: v1,
      infoHashV2: v2,
      name: 'a b',
      size: undefined,
      trackers: ['http://a', 'http://b'],
      webSeeds: [],
    });
  });

  it.each([
    '',
    'http://x',
    'magnet:',
    'magnet:?',
    'magnet:?dn=x',
    'magnet:?xt=urn:sha1:AAAA',
    'magnet:?xt=urn:btih:',
    `magnet:?xt=urn:btih:${v2}`,
    `magnet:?xt=urn:btmh:${v2}`,
    `magnet:?xt=urn:btmh:1220${v1}`,
    `magnet:?xt=urn:btih:${v1}&xt=urn:btih:${'0'.repeat(40)}`,
    'magnet:?xt=urn:btih:1189abcd1189abcd1189abcd1189abcd',
  ])('are refused as %j', (text) => expect(codeOf(() => parseMagnet(text))).toBe('INVALID_MAGNET'));

  it('are refused when longer than their limit, and cannot be written without a hash', () => {
    const link = `magnet:?xt=urn:btih:${v1}&dn=`;
    expect(codeOf(() => parseMagnet(link.padEnd(MAX_MAGNET_LENGTH, 'x')))).toBe('nothing thrown');
    expect(codeOf(() => parseMagnet(link.padEnd(MAX_MAGNET_LENGTH + 1, 'x')))).toBe('INVALID_MAGNET');
    expect(codeOf(() => formatMagnet({ name: 'x' }))).toBe('INVALID_MAGNET');
  });

  it('answer any text with INVALID_MAGNET or a hash', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 60 }), (tail) => {
        expect(codeOf(() => parseMagnet(`magnet:?${tail}`))).toBe('INVALID_MAGNET');
        expect(codeOf(() => parseMagnet(tail))).toBe('INVALID_MAGNET');
      }),
    );
  });
});
