import { describeCorpusJourney } from './corpus-journey.ts';

/** A file like most, and of the small and strange ones every so many; those of a thousand pages are for `npm run endurance`. */
const PLAIN = 'docs/refcard-nf.pdf';
const STRIDE = 40;

describeCorpusJourney(
  (all) => [
    ...all.filter(({ file }) => file === PLAIN),
    ...all.filter(({ file }) => /^(pdfjs|qpdf|other)\//.test(file)).filter((_, index) => index % STRIDE === 0),
  ],
  5,
);
