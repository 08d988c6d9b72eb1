import { Buffer } from 'node:buffer';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { NO_VALUE, ObjectParser } from './object-parser.ts';
import { formatValue, PdfDictionary, PdfString, type PdfValue, stringBytes } from './pdf-values.ts';
import { STARVED } from './token-reader.ts';

function parse(text: string): PdfValue | typeof NO_VALUE {
  const parser = new ObjectParser(50);
  parser.reset(Buffer.from(text, 'latin1'), 0, true);
  return parser.parseValue();
}

const formatted = (text: string): string => {
  const value = parse(text);
  return value === NO_VALUE ? 'no value' : formatValue(value);
};

describe('PDF values', () => {
  it('read as they are written', () => {
    expect(formatted('<</A 1/B[1 0 R/C(x)]/D<</E null/F true>>>>')).toBe('<</A 1 /B [1 0 R /C (x)] /D <</E null /F true>>>>');
    expect(formatted('[1 2 3 R 4 5 6 0 R -7 +8 .5 -.25 4. 00012]')).toBe('[1 2 3 R 4 5 6 0 R -7 8 0.5 -0.25 4 12]');
    expect(formatted('% comment\n[ % another\r 1 ]')).toBe('[1]');
    expect(formatted('/A#20B#2f')).toBe('/A#20B#2f');
    expect(formatted('(a(b)\\)c)')).toBe('(a(b)\\)c)');
    expect(formatted('<48 65 6c>')).toBe('<48 65 6c>');
    expect(formatted('[1 0 RG 1 0 Rx]')).toBe('[1 0 null 1 0 null]');
  });

  it('make the best of what is never closed or makes no sense', () => {
    expect(formatted('<</A [1 2 /B 3 endobj')).toBe('<</A [1 2 /B 3]>>');
    expect(formatted('<</A [1 2 >>')).toBe('<</A [1 2]>>');
    expect(formatted('<</A>>')).toBe('<</A null>>');
    expect(formatted('<</A 1 2 3 /B 4]>>')).toBe('<</A 1 /B 4>>');
    expect(formatted('[ 1 > 2 ]')).toBe('[1 2]');
    expect(formatted('(never closed)')).toBe('(never closed)');
    // What was never closed must not swallow what is written behind it.
    expect(formatted('(never closed')).toMatch(/^<[0-9a-f]+>$/);
    expect(formatted('1 0 obj')).toBe('1');
    expect(formatted('endobj')).toBe('no value');
    expect(formatted('')).toBe('no value');
  });

  it('take the last of a repeated key', () => {
    expect((parse('<</A 1 /A 2>>') as PdfDictionary).get('A')).toBe(2);
  });

  it('have strings that decode by their escapes', () => {
    const bytes = (text: string): string => Buffer.from(stringBytes(parse(text) as PdfString)).toString('latin1');
    expect(bytes('(a\\n\\(\\\\\\101\\7\\\r\nb\r\nc)')).toBe('a\n(\\A\x07b\nc');
    expect(bytes('<48656C6>')).toBe('Hel`');
  });

  it('read the same through any window as from the whole', () => {
    const text = '<</Type /Page#41 /Kids [12 0 R 13 %12 0 R\n0% (\rR 1.5 (a\\(b) <4142>] /X true /Y 12 /Z << /N null >> >> ';
    const bytes = Buffer.from(text, 'latin1');
    const parser = new ObjectParser(50);
    for (let cut = 0; cut < bytes.length - 1; cut++) {
      parser.reset(bytes.subarray(0, cut), 0, false);
      let result: unknown;
      try {
        result = parser.parseValue();
      } catch (signal) {
        result = signal;
      }
      expect(result).toBe(STARVED);
    }
    parser.reset(bytes.subarray(0, -1), 0, false);
    expect(formatValue(parser.parseValue() as PdfValue)).toBe(formatted(text));
  });

  it('read again as the same after they were written', () => {
    const { value } = fc.letrec<{ value: PdfValue }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom<PdfValue>(null, true, false, 0.5, -3),
        fc.nat(),
        fc.string({ unit: 'binary-ascii' }),
        fc.array(tie('value'), { maxLength: 4 }) as fc.Arbitrary<PdfValue>,
        fc.array(fc.tuple(fc.string({ unit: 'binary-ascii' }), tie('value')), { maxLength: 4 }).map((entries): PdfValue => {
          const dictionary = new PdfDictionary();
          for (const [key, item] of entries) dictionary.add(key, item as PdfValue);
          return dictionary;
        }),
      ),
    }));
    fc.assert(
      fc.property(value, (written) => {
        expect(formatted(formatValue(written))).toBe(formatValue(written));
      }),
    );
  });

  it('never fail or hang on any bytes', () => {
    const soup = fc.array(
      fc.constantFrom('<<', '>>', '[', ']', '(', ')', '<', '>', '/A', '1', ' ', ' 0 R', '%', '\n', '{', '}', 'obj', '\\', 'x'),
      { maxLength: 60, size: 'max' },
    );
    fc.assert(
      fc.property(soup, (tokens) => {
        expect(() => parse(tokens.join(''))).not.toThrow();
      }),
    );
  });
});
