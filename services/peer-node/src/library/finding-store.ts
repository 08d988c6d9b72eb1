import { access, type FileHandle, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DocumentLayout, decodeLayout, MAX_ENCODED_TEXTS_BYTES, PageTextsReader, UNKNOWN_LAYOUT } from '@pageswarm/contracts';
import { type ByteSource, type DocumentId, PageSwarmError } from '@pageswarm/primitives';
import { replaceFile } from './replace-file.ts';

/** What was found in a document and is too much for its record: both encoded, as a pdf-worker hands them over. */
export interface PageFindings {
  /** Outline, page labels and page sizes. */
  readonly layout: Uint8Array;
  /** Empty if nobody could read them. */
  readonly texts: Uint8Array;
}

/** The most bytes of an encoded layout that are kept; brotli makes a hundredth of this of the largest that there can be. */
export const MAX_ENCODED_LAYOUT_BYTES = 16_777_216;

/** Keeps `records/<id>.layout` and `records/<id>.texts` beside the record of a document; both are read when they are asked for. */
export class FindingStore {
  private readonly folder: string;

  constructor(dataDir: string) {
    this.folder = join(dataDir, 'records');
  }

  /**
   * Checked first: what a reader could not read is not kept.
   * @throws PageSwarmError LIMIT_EXCEEDED, INVALID_REQUEST, STORE_FULL, STORE_FAILED
   */
  async save(id: DocumentId, { layout, texts }: PageFindings): Promise<void> {
    if (layout.length > MAX_ENCODED_LAYOUT_BYTES || texts.length > MAX_ENCODED_TEXTS_BYTES)
      throw new PageSwarmError('LIMIT_EXCEEDED', 'What was found in the document is more than is kept of one');
    decodeLayout(layout);
    if (texts.length > 0)
      await PageTextsReader.open({ size: texts.length, read: async (offset, length) => texts.subarray(offset, offset + length) });
    await replaceFile(this.path(id, 'texts'), texts);
    await replaceFile(this.path(id, 'layout'), layout);
  }

  async has(id: DocumentId): Promise<boolean> {
    return access(this.path(id, 'layout')).then(
      () => true,
      () => false,
    );
  }

  /** @returns undefined if nothing is kept of this document */
  async load(id: DocumentId): Promise<PageFindings | undefined> {
    try {
      return { layout: await readFile(this.path(id, 'layout')), texts: await readFile(this.path(id, 'texts')) };
    } catch {
      return undefined;
    }
  }

  /** What is known of the pages; nothing if it is not kept or cannot be read, for the document itself is none the worse. */
  async layout(id: DocumentId): Promise<DocumentLayout> {
    try {
      return decodeLayout(await readFile(this.path(id, 'layout')));
    } catch {
      return UNKNOWN_LAYOUT;
    }
  }

  /**
   * The text of one page.
   * @param page number from 1
   * @returns undefined if the texts of this document are not kept
   * @throws PageSwarmError PAGE_NOT_FOUND, INVALID_REQUEST if what is kept cannot be read
   */
  async pageText(id: DocumentId, page: number): Promise<string | undefined> {
    const file = await open(this.path(id, 'texts')).catch(() => undefined);
    try {
      const source = file && (await sourceOf(file));
      return source && source.size > 0 ? await (await PageTextsReader.open(source)).text(page) : undefined;
    } finally {
      await file?.close();
    }
  }

  async remove(id: DocumentId): Promise<void> {
    await rm(this.path(id, 'layout'), { force: true });
    await rm(this.path(id, 'texts'), { force: true });
  }

  private path(id: DocumentId, part: 'layout' | 'texts'): string {
    return join(this.folder, `${id}.${part}`);
  }
}

async function sourceOf(file: FileHandle): Promise<ByteSource> {
  const { size } = await file.stat();
  const read = async (offset: number, length: number) => {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
    return buffer.subarray(0, bytesRead);
  };
  return { size, read };
}
