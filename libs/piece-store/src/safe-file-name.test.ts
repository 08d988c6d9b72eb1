import { describe, expect, it } from '@jest/globals';
import { documentId } from '@pageswarm/primitives';
import fc from 'fast-check';
import { candidateFileNames, MAX_FILE_NAME_BYTES, MAX_NUMBERED_NAMES, safeFileName } from './safe-file-name.ts';

/** Any character of Unicode; fast-check's own unit of this kind takes seconds to set up. */
const anyCharacter = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((point) => String.fromCodePoint(point));

describe('safeFileName', () => {
  it.each([
    ['Física básica.pdf', 'Física básica.pdf'],
    ['REPORT.PDF', 'REPORT.PDF'],
    ['F\u0069\u0301sica.pdf', 'Física.pdf'],
    ['../../etc/passwd', '_.._etc_passwd.pdf'],
    ['..\\..\\boot.ini', '_.._boot.ini.pdf'],
    ['/absolute.pdf', '_absolute.pdf'],
    ['C:\\x.pdf', 'C__x.pdf'],
    ['a\0b\nc\u0085d.pdf', 'a_b_c_d.pdf'],
    ['invoice\u202efdp.exe', 'invoice_fdp.exe.pdf'],
    ['.hidden.pdf', 'hidden.pdf'],
    ['...', 'document.pdf'],
    ['', 'document.pdf'],
    ['.pdf', 'document.pdf'],
    ['   .pdf', 'document.pdf'],
    ['trailing. . ', 'trailing.pdf'],
    ['trailing .pdf', 'trailing.pdf'],
    ['CON', '_CON.pdf'],
    ['con.pdf', '_con.pdf'],
    ['Lpt1.x.pdf', '_Lpt1.x.pdf'],
    ['COM¹.pdf', '_COM¹.pdf'],
    ['console.pdf', 'console.pdf'],
    ['half \ud800 pair.pdf', 'half \ufffd pair.pdf'],
    ['page.html', 'page.html.pdf'],
    ['日本語の本.pdf', '日本語の本.pdf'],
  ])('makes %j into %j', (name, safe) => expect(safeFileName(name)).toBe(safe));

  it('cuts a long name at a character and keeps its ending', () => {
    expect(safeFileName(`${'x'.repeat(500)}.pdf`)).toBe(`${'x'.repeat(MAX_FILE_NAME_BYTES - 4)}.pdf`);
    expect(safeFileName(`${'é'.repeat(500)}.PDF`)).toBe(`${'é'.repeat(98)}.PDF`);
    expect(safeFileName(`x${'😀'.repeat(100)}.pdf`)).toBe(`x${'😀'.repeat(48)}.pdf`);
    expect(safeFileName(`${'x'.repeat(195)} y.pdf`)).toBe(`${'x'.repeat(195)}.pdf`);
  });

  it('makes of any text a name that stays in its folder, and of that name the same', () => {
    const nasty = fc.array(fc.constantFrom('.', '/', '\\', ' ', 'con', 'a', '\0', '.pdf', 'é', '\u202e', '\ud800', ':'), { maxLength: 12 });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: anyCharacter, maxLength: 300 }),
          nasty.map((parts) => parts.join('')),
        ),
        (name) => {
          const safe = safeFileName(name);
          expect(safe).toMatch(/^[^./\\\s][^/\\]*\.pdf$/i);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
          expect(safe).not.toMatch(/[\u0000-\u001f\u007f-\u009f<>:"|?*]/);
          expect(safe).not.toMatch(/^(con|prn|aux|nul|com\d|lpt\d)\./i);
          expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(MAX_FILE_NAME_BYTES);
          expect(safeFileName(safe)).toBe(safe);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('numbers the names of documents that share one, and ends with the document id', () => {
    const names = [...candidateFileNames('a/b.PDF', documentId('ab'.repeat(32)))];
    expect(names.slice(0, 3)).toEqual(['a_b.PDF', 'a_b (2).PDF', 'a_b (3).PDF']);
    expect(names.length).toBe(MAX_NUMBERED_NAMES + 1);
    expect(names.at(-1)).toBe(`a_b (${'ab'.repeat(16)}).PDF`);
    const longest = [...candidateFileNames('é'.repeat(500), documentId('ab'.repeat(32)))].map((name) => Buffer.byteLength(name));
    expect(Math.max(...longest)).toBeLessThanOrEqual(255);
  });
});
