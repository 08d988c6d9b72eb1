import { describe, expect, it } from '@jest/globals';
import { contentDisposition } from './content-disposition.ts';

describe('content disposition', () => {
  it('keeps the exact name in UTF-8 and an ASCII one beside it', () => {
    expect(contentDisposition('inline', "Física 'x'.pdf")).toBe(
      "inline; filename=\"Fisica 'x'.pdf\"; filename*=UTF-8''F%C3%ADsica%20%27x%27.pdf",
    );
  });

  it('lets no name leave the header or the folder', () => {
    const header = contentDisposition('attachment', '../a"\r\nset-cookie: x/\\b\ud800.pdf');
    expect(header).not.toMatch(/[\r\n/\\]/);
    expect(header.match(/"/g)).toHaveLength(2);
  });
});
