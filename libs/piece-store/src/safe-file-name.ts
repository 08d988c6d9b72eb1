import type { DocumentId } from '@pageswarm/primitives';

/** The longest file name that is made of a document's name, in bytes of UTF-8; file systems end at 255, and a number may follow. */
export const MAX_FILE_NAME_BYTES = 200;
/** How many numbered names are tried for documents of one name before the document id goes into the name. */
export const MAX_NUMBERED_NAMES = 100;

const ENDING = '.pdf';
/** What Windows forbids, separators of any system, and control characters of ASCII, Latin-1 and text direction (they disguise endings). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not pass
const FORBIDDEN = /[<>:"/\\|?*\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
/** Names that Windows gives to devices, with any ending. */
const RESERVED = /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\.|$)/iu;

/**
 * A name for a file in one folder, made of a name from the network. It has no path in it, is not hidden, works on Linux, macOS
 * and Windows, ends in `.pdf`, and is at most {@link MAX_FILE_NAME_BYTES} long. Doing it twice changes nothing.
 */
export function safeFileName(name: string): string {
  const wellFormed = Buffer.from(name, 'utf8').toString('utf8');
  // Only the end is trimmed before the ending is looked for: the dot of a bare ".pdf" belongs to its ending.
  const clean = wellFormed
    .normalize('NFC')
    .replace(FORBIDDEN, '_')
    .replace(/[\s.]+$/u, '');
  const hasEnding = clean.toLowerCase().endsWith(ENDING);
  const ending = hasEnding ? clean.slice(-ENDING.length) : ENDING;
  const stem = trimmed(hasEnding ? clean.slice(0, -ENDING.length) : clean);
  const unreserved = RESERVED.test(stem) ? `_${stem}` : stem;
  const cut = trimmed(cutToBytes(unreserved, MAX_FILE_NAME_BYTES - ENDING.length));
  return `${cut === '' ? 'document' : cut}${ending}`;
}

/** Names to try in turn for a document, each safe: the name itself, then numbered, then with the document id. */
export function* candidateFileNames(name: string, documentId: DocumentId): Generator<string> {
  const first = safeFileName(name);
  const stem = first.slice(0, -ENDING.length);
  const ending = first.slice(-ENDING.length);
  yield first;
  for (let number = 2; number <= MAX_NUMBERED_NAMES; number++) yield `${stem} (${number})${ending}`;
  yield `${stem} (${documentId.slice(0, 32)})${ending}`;
}

/** Leading dots hide a file, trailing dots and spaces vanish on Windows. */
function trimmed(text: string): string {
  return text.replace(/^[\s.]+|[\s.]+$/gu, '');
}

function cutToBytes(text: string, maxBytes: number): string {
  let bytes = 0;
  let cut = '';
  for (const character of text) {
    bytes += Buffer.byteLength(character, 'utf8');
    if (bytes > maxBytes) break;
    cut += character;
  }
  return cut;
}
