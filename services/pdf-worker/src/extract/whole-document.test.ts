import { describe, expect, it } from '@jest/globals';
import { MemoryByteSource } from '@pageswarm/primitives';
import { PDFDocument } from 'pdf-lib';
import { cutFromWhole } from './whole-document.ts';

describe('pages cut out of a whole document', () => {
  it('come out of one as large as the limit, and of none that is larger', async () => {
    const document = await PDFDocument.create();
    for (let page = 0; page < 3; page++) document.addPage([100 + page, 100]);
    const source = new MemoryByteSource(await document.save());
    const bytes = await cutFromWhole([3, 1], source, () => undefined, source.size);
    const widths = (await PDFDocument.load(bytes)).getPages().map((page) => page.getWidth());
    expect(widths).toEqual([102, 100]);
    const refused = cutFromWhole([1], source, () => undefined, source.size - 1);
    await expect(refused).rejects.toMatchObject({ code: 'PDF_UNREADABLE', message: expect.stringContaining(String(source.size - 1)) });
  });
});
