import { describe, expect, it } from '@jest/globals';
import { isPageSwarmError } from '@pageswarm/primitives';
import fc from 'fast-check';
import { type BencodeValue, bdecode, bdecodeDictionary, bencode, bencodeKey, MAX_BENCODE_DEPTH, MAX_BENCODE_VALUES } from './bencode.ts';

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'latin1'));
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');

const { value: anyValue } = fc.letrec<{ value: BencodeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.maxSafeInteger().map((integer) => integer + 0),
    fc.uint8Array({ maxLength: 40 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc
      .array(fc.tuple(fc.uint8Array({ maxLength: 8 }).map(textOf), tie('value')), { maxLength: 5 })
      .map((entries) => new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)))),
  ),
}));

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return isPageSwarmError(error) ? error.code : `not ours: ${error}`;
  }
  return 'nothing thrown';
}

describe('bencode', () => {
  it.each([
    ['i0e', 0],
    ['i-12e', -12],
    ['i9007199254740991e', Number.MAX_SAFE_INTEGER],
    ['i-9007199254740991e', -Number.MAX_SAFE_INTEGER],
    ['0:', bytesOf('')],
    ['4:spam', bytesOf('spam')],
    ['l4:spami3ee', [bytesOf('spam'), 3]],
    ['de', new Map()],
    [
      'd1:ai1e2:aale1:bdee',
      new Map<string, BencodeValue>([
        ['a', 1],
        ['aa', []],
        ['b', new Map()],
      ]),
    ],
  ])('writes and reads %s', (text, value) => {
    expect(bdecode(bytesOf(text))).toEqual(value);
    expect(textOf(bencode(value as BencodeValue))).toBe(text);
  });

  it('sorts keys by their raw bytes and writes text as UTF-8', () => {
    const value = new Map([
      [bencodeKey('ü'), 'ü'],
      ['z', 'z'],
      ['Z', 'Z'],
    ]);
    expect(Buffer.from(bencode(value)).toString('utf8')).toBe('d1:Z1:Z1:z1:z2:ü2:üe');
  });

  it('refuses what it cannot carry', () => {
    for (const value of [1.5, Number.NaN, 2 ** 53, new Map([['☃', 1]])]) expect(codeOf(() => bencode(value))).toBe('INVALID_TORRENT');
  });

  it('returns every value that was written', () => {
    fc.assert(fc.property(anyValue, (value) => expect(bdecode(bencode(value))).toEqual(value)));
  });

  it.each([
    '',
    'i',
    'ie',
    'i-e',
    'i-0e',
    'i00e',
    'i01e',
    'i-01e',
    'i1',
    'i1x',
    'i+1e',
    'i1.5e',
    'i9007199254740992e',
    'i99999999999999999999e',
    '01:a',
    '-1:a',
    '1',
    '1:',
    '2:a',
    '99999999999999999:a',
    'l',
    'li1e',
    'd',
    'd1:a',
    'd1:ae',
    'di1ei2ee',
    'd1:bi1e1:ai1ee',
    'd1:ai1e1:ai2ee',
    'x',
    'e',
    'i1ei2e',
    'dee',
    ' i1e',
  ])('refuses %j', (text) => expect(codeOf(() => bdecode(bytesOf(text)))).toBe('INVALID_TORRENT'));

  it('reads any bytes or refuses them, and what it reads is the only way to write it', () => {
    const nearlyBencode = fc.array(fc.constantFrom('i', 'e', 'd', 'l', ':', '-', '0', '1', '2', 'a', '1:a', 'i7e', 'de'), {
      maxLength: 14,
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          nearlyBencode.map((parts) => bytesOf(parts.join(''))),
        ),
        (bytes) => {
          let value: BencodeValue;
          try {
            value = bdecode(bytes);
          } catch (error) {
            expect(isPageSwarmError(error) && error.code).toBe('INVALID_TORRENT');
            return;
          }
          expect(Buffer.from(bencode(value)).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('says where a dictionary entry stands in the bytes', () => {
    const { dictionary, raw } = bdecodeDictionary(bytesOf('d4:infod1:ai1ee1:zlee'));
    expect(textOf(raw.get('info') as Uint8Array)).toBe('d1:ai1ee');
    expect(textOf(raw.get('z') as Uint8Array)).toBe('le');
    expect([...dictionary.keys()]).toEqual(['info', 'z']);
    expect(codeOf(() => bdecodeDictionary(bytesOf('le')))).toBe('INVALID_TORRENT');
  });

  it('stops at its limits of depth, values and bytes', () => {
    const nested = (depth: number) => bytesOf('l'.repeat(depth) + 'e'.repeat(depth));
    expect(() => bdecode(nested(MAX_BENCODE_DEPTH + 1))).not.toThrow();
    expect(() => bdecode(nested(MAX_BENCODE_DEPTH + 2))).toThrow(/nested deeper than 64/);
    expect(() => bdecode(nested(200_000))).toThrow(/nested deeper than 64/);
    const list = (values: number) => bytesOf(`l${'de'.repeat(values)}e`);
    expect(() => bdecode(list(MAX_BENCODE_VALUES - 1))).not.toThrow();
    expect(() => bdecode(list(MAX_BENCODE_VALUES))).toThrow(/more than 250000 values/);
    expect(() => bdecode(bytesOf('4:spam'), { maxBytes: 6 })).not.toThrow();
    expect(() => bdecode(bytesOf('4:spam'), { maxBytes: 5 })).toThrow(/over the limit of 5/);
  });
});
