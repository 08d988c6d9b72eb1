import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { attachment, MAX_FILE_NAME_LENGTH } from './attachment.ts';

describe('the name of an offered file', () => {
  it('is plain when it can be', () => {
    expect(attachment('report 2019.pdf', '.torrent')).toBe('attachment; filename="report 2019.pdf.torrent"');
  });

  it('has a plain twin when it is not ASCII', () => {
    expect(attachment("Física (1ª)'s.pdf", '.torrent')).toBe(
      `attachment; filename="Fisica (1a)'s.pdf.torrent"; filename*=UTF-8''F%C3%ADsica%20%281%C2%AA%29%27s.pdf.torrent`,
    );
  });

  it.each(['../../etc/passwd', '..\\..\\x', 'a"; filename="evil.exe', 'a\r\nX-Evil: 1', '\u202Efdp.exe', '', '...'])(
    'makes %j harmless',
    (name) => {
      const value = attachment(name, '.torrent');
      expect(value).toMatch(/^attachment; filename="[^"\\/%\r\n]+\.torrent"(; filename\*=UTF-8''[\w.!#$&+^`|~%-]+)?$/);
      expect(value).not.toContain('"..');
    },
  );

  it('is cut at the limit and keeps its extension', () => {
    expect(attachment('x'.repeat(1_000), '.torrent')).toHaveLength('attachment; filename=""'.length + MAX_FILE_NAME_LENGTH);
  });

  it('is a header value whatever the name', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (name) => /^[\x20-\x7e]+$/.test(attachment(name, '.torrent'))));
  });
});
