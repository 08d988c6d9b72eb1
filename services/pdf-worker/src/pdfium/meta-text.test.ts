import { describe, expect, it } from '@jest/globals';
import { MAX_NAME_LENGTH } from '@pageswarm/contracts';
import fc from 'fast-check';
import { MAX_META_TEXT_CHARACTERS } from './limits.ts';
import { tidyMetaText } from './meta-text.ts';

describe('a title or author', () => {
  it.each([
    ['  Física\u0000 \n general ', 'Física general'],
    ['\u202eevil\u200b', 'evil'],
    [' \u0000 ', null],
    ['lone \ud83d surrogate', 'lone \ufffd surrogate'],
  ])('%j is shown as %j', (text, shown) => {
    expect(tidyMetaText(text)).toBe(shown);
  });

  it('is cut to what a name may have, never inside a character', () => {
    expect(MAX_META_TEXT_CHARACTERS).toBe(MAX_NAME_LENGTH);
    expect(tidyMetaText(`${'x'.repeat(MAX_NAME_LENGTH - 1)}😀`)).toBe('x'.repeat(MAX_NAME_LENGTH - 1));
  });

  it('can be sent as UTF-8 whatever was in the file', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 1_200, size: 'max' }), (units) => {
        const shown = tidyMetaText(units.map((unit) => String.fromCharCode(unit)).join('')) ?? '';
        expect(Buffer.from(shown, 'utf8').toString('utf8')).toBe(shown);
        expect(shown.length).toBeLessThanOrEqual(MAX_META_TEXT_CHARACTERS);
      }),
    );
  });
});
