import { Inject, Injectable } from '@nestjs/common';
import { type DocumentAtPeer, DocumentSources } from '../documents/document-sources.ts';
import { ChildPool } from '../pool/child-pool.ts';
import type { JobResult } from '../pool/pdf-job.ts';
import type { RenderParams, RenderValue } from './render-job.ts';

/** Draws pages of documents. */
@Injectable()
export class RenderService {
  constructor(
    @Inject(ChildPool) private readonly pool: ChildPool,
    @Inject(DocumentSources) private readonly sources: DocumentSources,
  ) {}

  /**
   * @returns a PNG as output; smaller than asked for if it would pass the limits of a bitmap
   * @throws PageSwarmError PAGE_NOT_FOUND, PDF_PASSWORD, PDF_UNREADABLE, and what {@link ChildPool.run} throws
   */
  async render(document: DocumentAtPeer, params: RenderParams, signal: AbortSignal): Promise<JobResult<RenderValue>> {
    const opened = this.sources.open(document);
    try {
      const map = await opened.publishedMap(signal);
      const common = { document: opened.key, blockBytes: document.pieceLength, priority: 'interactive', signal } as const;
      return await this.pool.run({ ...common, kind: 'render', params: { ...params, map }, source: opened.reader({ readsAhead: false }) });
    } finally {
      opened.close();
    }
  }
}
