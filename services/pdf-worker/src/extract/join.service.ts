import { Inject, Injectable } from '@nestjs/common';
import { MemoryByteSource, PageSwarmError } from '@pageswarm/primitives';
import type { DocumentAtPeer } from '../documents/document-sources.ts';
import { ChildPool } from '../pool/child-pool.ts';
import { MAX_CHILD_READ_BYTES } from '../pool/limits.ts';
import type { JobResult } from '../pool/pdf-job.ts';
import { ExtractService } from './extract.service.ts';
import type { JoinValue } from './join-job.ts';

/** The most bytes that the parts of a joined PDF may have together. */
export const MAX_JOINED_BYTES = 134_217_728;

/** Pages of one document on their way into a joined PDF. */
export interface PartAtPeer {
  readonly document: DocumentAtPeer;
  /** As people write them, for example "3-7". */
  readonly pages: string;
}

/** Joins pages of different documents: each part is cut out of its document by itself, and the extracts are joined. */
@Injectable()
export class JoinService {
  constructor(
    @Inject(ChildPool) private readonly pool: ChildPool,
    @Inject(ExtractService) private readonly extracts: ExtractService,
  ) {}

  /**
   * @returns the PDF of all parts, in their order, as output
   * @throws PageSwarmError INVALID_PAGES when the parts are too many bytes, and what {@link ExtractService.extract} throws
   */
  async join(parts: readonly PartAtPeer[], signal: AbortSignal, maxBytes = MAX_JOINED_BYTES): Promise<JobResult<JoinValue>> {
    const extracts: Uint8Array[] = [];
    let bytes = 0;
    for (const { document, pages } of parts) {
      const { output } = await this.extracts.extract(document, pages, signal);
      bytes += output.length;
      if (bytes > maxBytes)
        throw new PageSwarmError('INVALID_PAGES', `These pages have more than the ${maxBytes} bytes that are joined at once`);
      extracts.push(output);
    }
    const common = { blockBytes: MAX_CHILD_READ_BYTES, priority: 'interactive', signal } as const;
    const params = { sizes: extracts.map(({ length }) => length) };
    return this.pool.run({ ...common, kind: 'join', params, source: new MemoryByteSource(Buffer.concat(extracts, bytes)) });
  }
}
