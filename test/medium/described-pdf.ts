import { PdfWriter } from './pdf-writer.ts';

/** A PDF of four pages (i, ii, 1, A-1; the third across) with a title, an outline of two levels, and a line of text on each page. */
export function describedPdf(): Uint8Array {
  const writer = new PdfWriter();
  const [tree, outlines] = [writer.reserve(), writer.reserve()];
  const font = writer.add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>');
  const pages = ['[0 0 300 400]', '[0 0 300 400]', '[0 0 400 300]', '[0 0 300 400]'].map((box, index) => {
    const contents = writer.stream('', `BT /F 12 Tf 20 200 Td (this is page ${index + 1} of four) Tj ET`);
    return writer.add(
      `<< /Type /Page /Parent ${tree} 0 R /MediaBox ${box} /Contents ${contents} 0 R /Resources << /Font << /F ${font} 0 R >> >> >>`,
    );
  });
  writer.set(tree, `<< /Type /Pages /Count 4 /Kids [${pages.map((page) => `${page} 0 R`).join(' ')}] >>`);
  const [first, inner, second] = [writer.reserve(), writer.reserve(), writer.reserve()] as [number, number, number];
  const leadsTo = (page: number) => `/Dest [${pages[page - 1]} 0 R /Fit]`;
  writer.set(
    first,
    `<< /Title (First) /Parent ${outlines} 0 R ${leadsTo(1)} /First ${inner} 0 R /Last ${inner} 0 R /Next ${second} 0 R >>`,
  );
  writer.set(inner, `<< /Title (Within the first) /Parent ${first} 0 R /A << /S /GoTo /D [${pages[2]} 0 R /Fit] >> >>`);
  writer.set(second, `<< /Title (Elsewhere) /Parent ${outlines} 0 R /A << /S /URI /URI (https://example.org) >> >>`);
  writer.set(outlines, `<< /Type /Outlines /First ${first} 0 R /Last ${second} 0 R /Count 3 >>`);
  const labels = '/PageLabels << /Nums [0 << /S /r >> 2 << /S /D >> 3 << /S /D /P (A-) >>] >>';
  const info = writer.add('<< /Title (Four pages) /Author (Somebody) >>');
  const catalog = writer.add(`<< /Type /Catalog /Pages ${tree} 0 R /Outlines ${outlines} 0 R ${labels} >>`);
  return writer.build(catalog, `/Info ${info} 0 R`);
}

/** What a reader finds in it beside its words. */
export const DESCRIBED_LAYOUT = {
  outline: [
    { level: 1, title: 'First', page: 1 },
    { level: 2, title: 'Within the first', page: 3 },
    { level: 1, title: 'Elsewhere', page: null },
  ],
  pageLabels: ['i', 'ii', '1', 'A-1'],
  pageSizes: [
    { pages: 2, width: 300, height: 400 },
    { pages: 1, width: 400, height: 300 },
    { pages: 1, width: 300, height: 400 },
  ],
};
