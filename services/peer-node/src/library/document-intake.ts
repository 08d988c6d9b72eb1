import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PageSwarmError } from '@pageswarm/primitives';
import { DocumentHasher, type DocumentHashes } from '@pageswarm/torrent';
import { storeError } from './store-error.ts';

/** Where a PDF may begin: readers look for the header in the first bytes, and junk before it is common. */
export const PDF_HEADER_WINDOW_BYTES = 8_192;
/** How much of a file is hashed at a time, in bytes, so that other work runs between. */
const HASH_CHUNK_BYTES = 1_048_576;

/** A file that came in whole, was found to be a PDF, and was hashed. */
export interface ReceivedFile {
  readonly path: string;
  readonly hashes: DocumentHashes;
}

/** Receives files into the node's incoming folder; whatever is refused leaves nothing behind. */
export class DocumentIntake {
  private readonly folder: string;

  constructor(
    dataDir: string,
    private readonly maxDocumentBytes: number,
  ) {
    this.folder = join(dataDir, 'incoming');
  }

  /** Makes the folder and clears what an earlier process left half received. */
  async start(): Promise<void> {
    await mkdir(this.folder, { recursive: true });
    for (const file of await readdir(this.folder)) if (file.startsWith('upload-')) await rm(join(this.folder, file), { force: true });
  }

  /**
   * @returns the received file; whoever takes it moves it away or calls {@link discard}
   * @throws PageSwarmError EMPTY_FILE, NOT_A_PDF, TOO_LARGE, STORE_FULL, STORE_FAILED
   */
  async receive(content: AsyncIterable<Uint8Array>): Promise<ReceivedFile> {
    const path = join(this.folder, `upload-${randomUUID()}`);
    try {
      const size = await this.spool(content, path);
      return { path, hashes: await hashFile(path, size) };
    } catch (error) {
      await rm(path, { force: true });
      throw storeError(error);
    }
  }

  async discard({ path }: ReceivedFile): Promise<void> {
    await rm(path, { force: true });
  }

  private async spool(content: AsyncIterable<Uint8Array>, path: string): Promise<number> {
    const file = await open(path, 'wx');
    try {
      const head: Uint8Array[] = [];
      let size = 0;
      for await (const chunk of content) {
        if (size < PDF_HEADER_WINDOW_BYTES) {
          head.push(chunk.subarray(0, PDF_HEADER_WINDOW_BYTES - size));
          if (size + chunk.length >= PDF_HEADER_WINDOW_BYTES) demandPdfHeader(head);
        }
        size += chunk.length;
        if (size > this.maxDocumentBytes)
          throw new PageSwarmError('TOO_LARGE', `The file has more than the ${this.maxDocumentBytes} bytes that this node accepts`);
        await file.writeFile(chunk);
      }
      if (size === 0) throw new PageSwarmError('EMPTY_FILE', 'The file has no bytes');
      demandPdfHeader(head);
      return size;
    } finally {
      await file.close();
    }
  }
}

function demandPdfHeader(head: readonly Uint8Array[]): void {
  if (!Buffer.concat(head).includes('%PDF-'))
    throw new PageSwarmError('NOT_A_PDF', `There is no %PDF- header in the first ${PDF_HEADER_WINDOW_BYTES} bytes`);
}

/** All hashes of a file of which the size is known, read once. */
export async function hashFile(path: string, size: number): Promise<DocumentHashes> {
  const hasher = new DocumentHasher(size);
  for await (const chunk of createReadStream(path, { highWaterMark: HASH_CHUNK_BYTES })) hasher.update(chunk);
  return hasher.finish();
}
