import type { BlockReader } from './byte-window.ts';
import { readCrossReference, readHeader } from './cross-reference.ts';
import { DamagedXrefError, type PageMapLimits, WorkMeter } from './limits.ts';
import { PdfDocument } from './pdf-document.ts';
import { rebuildTable } from './rebuild.ts';

/**
 * Opens a PDF and uses it; when that meets an object which is not where it should be, the file is scanned and used once more.
 * @param isKnownDamaged scans at once: a second reader must not find other pages than the one who noticed the damage late
 * @throws UnmappableError when a limit is crossed, DamagedXrefError when even the scan does not help
 */
export async function withDocument<T>(
  blocks: BlockReader,
  limits: PageMapLimits,
  use: (document: PdfDocument) => Promise<T>,
  isKnownDamaged = false,
): Promise<T> {
  try {
    if (isKnownDamaged) throw new DamagedXrefError('its cross-reference data are known to be wrong');
    const document = new PdfDocument(blocks, new WorkMeter(limits, blocks.size));
    await readHeader(document);
    await readCrossReference(document);
    await document.openEncryption();
    return await use(document);
  } catch (error) {
    if (!(error instanceof DamagedXrefError)) throw error;
  }
  const document = new PdfDocument(blocks, new WorkMeter(limits, blocks.size));
  await readHeader(document);
  await rebuildTable(document);
  return use(document);
}
