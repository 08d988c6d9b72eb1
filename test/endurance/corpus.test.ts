import { describeCorpusJourney } from '../e2e/corpus-journey.ts';

/** Every kind of file once: manuals, long ones, linearized, encrypted, object streams, increments, junk, and broken ones. */
const REPRESENTATIVE = [
  'docs/develop.pdf',
  'docs/maint-guide__maint-guide.en.pdf',
  'docs/manual__R-intro.pdf',
  'docs/refcard-nf.pdf',
  'docs/texlive-doc__latex__beamer__beameruserguide.pdf',
  'made/text1000_enc256.pdf',
  'made/text1000_incr2.pdf',
  'made/text1000_junkhead.pdf',
  'made/text1000_lin.pdf',
  'made/text1000_objstm.pdf',
];
/** Of the small and strange ones every so many is taken. */
const STRIDE = 20;

describeCorpusJourney(
  (all) => [
    ...all.filter(({ file }) => REPRESENTATIVE.includes(file)),
    ...all.filter(({ file }) => /^(pdfjs|qpdf|other)\//.test(file)).filter((_, index) => index % STRIDE === 0),
  ],
  20,
);
