import { Inject, Injectable } from '@nestjs/common';
import { type DocumentAtPeer, DocumentSources } from '../documents/document-sources.ts';
import { ChildPool } from '../pool/child-pool.ts';
import type { JobResult } from '../pool/pdf-job.ts';
import type { ExtractValue } from './extract-job.ts';

/** Cuts pages out of documents. */
@Injectable()
export class ExtractService {
  constructor(
    @Inject(ChildPool) private readonly pool: ChildPool,
    @Inject(DocumentSources) private readonly sources: DocumentSources,
  ) {}

  /**
   * @param pages as people write them, for example "3-7"
   * @returns the PDF of these pages as output
   * @throws PageSwarmError INVALID_PAGES, PDF_PASSWORD, PDF_UNREADABLE, and what {@link ChildPool.run} throws
   */
  async extract(document: DocumentAtPeer, pages: string, signal: AbortSignal): Promise<JobResult<ExtractValue>> {
    const opened = this.sources.open(document);
    try {
      const map = await opened.publishedMap(signal);
      const common = { document: opened.key, blockBytes: document.pieceLength, priority: 'interactive', signal } as const;
      return await this.pool.run({ ...common, kind: 'extract', params: { pages, map }, source: opened.reader({ readsAhead: false }) });
    } finally {
      opened.close();
    }
  }
}
