import { describe, expect, it } from '@jest/globals';
import { type DocumentLayout, decodeLayout, encodeLayout, MAX_OUTLINE_ENTRIES } from './document-layout.ts';

const layout: DocumentLayout = {
  outline: [
    { level: 1, title: 'Física', page: 3 },
    { level: 2, title: 'Elsewhere', page: null },
  ],
  pageLabels: ['i', 'ii', '1'],
  pageSizes: [
    { pages: 2, width: 595.28, height: 841.89 },
    { pages: 1, width: 841.89, height: 595.28 },
  ],
};

describe('the layout of a document', () => {
  it('comes out as it went in', () => {
    expect(decodeLayout(encodeLayout(layout))).toEqual(layout);
  });

  it.each([
    ['no brotli', Buffer.from('{}')],
    ['no layout', encodeLayout({ outline: 'none' } as never)],
    ['too many entries', encodeLayout({ ...layout, outline: Array(MAX_OUTLINE_ENTRIES + 1).fill({ level: 1, title: '', page: 1 }) })],
  ])('is refused when it is %s', (_case, bytes) => {
    expect(() => decodeLayout(bytes)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  it('is refused when it unpacks to more than a layout can be', () => {
    const { length } = JSON.stringify(layout);
    expect(decodeLayout(encodeLayout(layout), Buffer.byteLength(JSON.stringify(layout)))).toEqual(layout);
    expect(() => decodeLayout(encodeLayout(layout), length - 1)).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});
