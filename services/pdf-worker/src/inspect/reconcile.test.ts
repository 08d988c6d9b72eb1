import { describe, expect, it } from '@jest/globals';
import { InspectionSchema } from '@pageswarm/contracts';
import type { ErrorShape } from '@pageswarm/primitives';
import type { MapValue } from './map-job.ts';
import { type Finding, layoutOf, reconcile } from './reconcile.ts';
import type { TextValue } from './text-job.ts';

const map = (pageCount: number, more: Partial<MapValue> = {}): Finding<MapValue> => ({
  value: { pageCount, mapped: true, reason: null, encrypted: false, needsPassword: false, ...more },
});
const text = (pages: number): Finding<TextValue> => ({
  value: {
    pages,
    words: Array.from({ length: pages }, () => 7),
    outline: null,
    pageLabels: null,
    pageSizes: null,
    title: 'T',
    author: null,
    encrypted: false,
    extractor: 'pdfium',
  },
});
const failed = (code: ErrorShape['code']) => ({ error: { code, detail: `because of ${code}` } });

describe('the account of a document', () => {
  it('takes both findings when they agree', () => {
    const { inspection, linear } = reconcile(map(3), text(3));
    expect(linear).toBeUndefined();
    expect(inspection).toMatchObject({
      pages: 3,
      words: [7, 7, 7],
      title: 'T',
      extractor: 'pdfium',
      mapped: true,
      mapReason: null,
      error: null,
    });
    expect(InspectionSchema.safeParse(inspection).success).toBe(true);
  });

  it("keeps PDFium's count and gives up a map that counts otherwise", () => {
    const { inspection, linear } = reconcile(map(10), text(3));
    expect(inspection).toMatchObject({ pages: 3, mapped: false, mapReason: 'the page map finds 10 pages where PDFium finds 3' });
    expect(linear).toMatchObject({ pageCount: 3 });
  });

  it('takes the pages from the map when PDFium cannot read the text', () => {
    const { inspection, linear } = reconcile(map(3), failed('PDF_TIMEOUT'));
    expect(linear).toBeUndefined();
    expect(inspection).toMatchObject({ pages: 3, words: null, extractor: null, mapped: true, error: { code: 'PDF_TIMEOUT' } });
  });

  it('makes a linear map of as many pages as PDFium finds when the structure cannot be read', () => {
    const { inspection, linear } = reconcile(map(1, { mapped: false, reason: 'its cross-reference is lost' }), text(5));
    expect(linear).toEqual({ pageCount: 5, reason: 'its cross-reference is lost' });
    expect(inspection).toMatchObject({ pages: 5, mapped: false, mapReason: 'its cross-reference is lost', error: null });
  });

  it('keeps the words when the job of the map died', () => {
    const { inspection, linear } = reconcile(failed('PDF_MEMORY'), text(2));
    expect(inspection).toMatchObject({ pages: 2, words: [7, 7], mapped: false, mapReason: 'because of PDF_MEMORY', error: null });
    expect(linear).toMatchObject({ pageCount: 2 });
  });

  it('knows no pages when nobody could read any', () => {
    const { inspection, linear } = reconcile(map(1, { mapped: false, reason: 'it is no PDF' }), failed('PDF_UNREADABLE'));
    expect(inspection).toMatchObject({ pages: null, words: null, mapped: false, error: { code: 'PDF_UNREADABLE' } });
    expect(linear).toMatchObject({ pageCount: 1 });
  });

  it('says that a password is needed, and how many pages there are all the same', () => {
    const { inspection } = reconcile(map(4, { encrypted: true, needsPassword: true }), failed('PDF_PASSWORD'));
    expect(inspection).toMatchObject({ pages: 4, encrypted: true, needsPassword: true, mapped: true, error: { code: 'PDF_PASSWORD' } });
  });
});

describe('the layout of a document', () => {
  const layout = {
    outline: [{ level: 1, title: 'One', page: 1 }],
    pageLabels: ['i', 'ii'],
    pageSizes: [{ pages: 2, width: 595, height: 842 }],
  };

  it('is what PDFium found, and unknown if it could not read the document', () => {
    expect(layoutOf({ value: { ...(text(2) as { value: TextValue }).value, ...layout } })).toEqual(layout);
    expect(layoutOf(failed('PDF_TIMEOUT'))).toEqual({ outline: null, pageLabels: null, pageSizes: null });
  });
});
