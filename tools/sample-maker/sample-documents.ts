import { SeededRandom } from '@pageswarm/primitives';
import { type PDFDocument, type PDFFont, type PDFImage, type PDFPage, PDFDocument as PdfLibDocument, StandardFonts } from 'pdf-lib';
import { noiseImage } from './noise-image.ts';
import { ENGLISH, lines, SPANISH } from './prose.ts';

/** A sample that can be made again, byte for byte, on any machine. */
export interface SampleDocument {
  readonly fileName: string;
  readonly pages: number;
  make(): Promise<Uint8Array>;
}

const A4 = [595, 842] as const;
const LINE_HEIGHT = 15;
/** Every sample is of this moment, for a date of today would make other bytes tomorrow. */
const MADE_AT = new Date('2026-01-01T00:00:00Z');

/** 120 pages, shared fonts, shared pictures, and one picture of its own on each page: more than 5 MB. */
export const FIELD_GUIDE: SampleDocument = { fileName: 'A Field Guide to Swarms.pdf', pages: 120, make: makeFieldGuide };
/** 24 pages of accented text in object streams: small, and most of its objects are compressed together. */
export const PHYSICS: SampleDocument = { fileName: 'Física para Principiantes.pdf', pages: 24, make: makePhysics };
/** The smallest sample: one page, one piece. */
export const LEAFLET: SampleDocument = { fileName: 'Leaflet.pdf', pages: 1, make: makeLeaflet };

export const SAMPLE_DOCUMENTS: readonly SampleDocument[] = [FIELD_GUIDE, PHYSICS, LEAFLET];

async function makeFieldGuide(): Promise<Uint8Array> {
  const random = new SeededRandom(1);
  const document = await blankDocument('A Field Guide to Swarms', 'The PageSwarm samples');
  const heading = await document.embedFont(StandardFonts.HelveticaBold);
  const body = await document.embedFont(StandardFonts.TimesRoman);
  const emblem = await document.embedPng(noiseImage(64, 64, random));
  const chapters: PDFImage[] = [];
  for (let chapter = 0; chapter < 6; chapter++) chapters.push(await document.embedPng(noiseImage(200, 120, random)));
  for (let number = 1; number <= FIELD_GUIDE.pages; number++) {
    const page = document.addPage([...A4]);
    const chapter = Math.floor(((number - 1) * chapters.length) / FIELD_GUIDE.pages);
    page.drawText(`Chapter ${chapter + 1}, page ${number}`, { x: 50, y: 790, size: 20, font: heading });
    page.drawImage(emblem, { x: 500, y: 780, width: 40, height: 40 });
    page.drawImage(chapters[chapter] as PDFImage, { x: 50, y: 620, width: 200, height: 120 });
    page.drawImage(await document.embedPng(noiseImage(150, 100, random)), { x: 300, y: 620, width: 240, height: 160 });
    writeLines(page, lines(ENGLISH, random, 34, 88), body, 590);
  }
  return document.save({ useObjectStreams: false, updateFieldAppearances: false });
}

async function makePhysics(): Promise<Uint8Array> {
  const random = new SeededRandom(2);
  const document = await blankDocument('Física para Principiantes', 'Los ejemplos de PageSwarm');
  const heading = await document.embedFont(StandardFonts.TimesRomanBold);
  const body = await document.embedFont(StandardFonts.TimesRoman);
  for (let number = 1; number <= PHYSICS.pages; number++) {
    const page = document.addPage([...A4]);
    page.drawText(`Lección ${number}`, { x: 50, y: 780, size: 22, font: heading });
    writeLines(page, lines(SPANISH, random, 45, 88), body, 745);
  }
  return document.save({ useObjectStreams: true, updateFieldAppearances: false });
}

async function makeLeaflet(): Promise<Uint8Array> {
  const document = await blankDocument('Leaflet', 'The PageSwarm samples');
  const body = await document.embedFont(StandardFonts.Helvetica);
  writeLines(document.addPage([...A4]), lines(ENGLISH, new SeededRandom(3), 10, 70), body, 780);
  return document.save({ useObjectStreams: false, updateFieldAppearances: false });
}

async function blankDocument(title: string, author: string): Promise<PDFDocument> {
  const document = await PdfLibDocument.create({ updateMetadata: false });
  document.setTitle(title);
  document.setAuthor(author);
  document.setProducer('PageSwarm sample maker');
  document.setCreationDate(MADE_AT);
  document.setModificationDate(MADE_AT);
  return document;
}

function writeLines(page: PDFPage, text: readonly string[], font: PDFFont, top: number): void {
  text.forEach((line, index) => {
    page.drawText(line, { x: 50, y: top - index * LINE_HEIGHT, size: 11, font });
  });
}
