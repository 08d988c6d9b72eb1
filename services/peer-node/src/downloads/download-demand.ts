import type { DocumentId, IndexRange } from '@pageswarm/primitives';
import type { LocalDocument } from '../library/local-document.ts';
import type { PieceDemand } from '../reading/document-reader.ts';
import type { Downloads } from './downloads.service.ts';
import type { PieceHolder } from './piece-witness.ts';

/** What readers ask of the downloads: pieces before all others, and who had those that do not come. */
export class DownloadDemand implements PieceDemand {
  constructor(private readonly downloads: Pick<Downloads, 'list' | 'activeFor'>) {}

  expected(hash: string): DocumentId | undefined {
    const wanted = hash.toLowerCase();
    const job = this.downloads.list().find(({ state, order: { document } }) => {
      const { id, infoHashV1, infoHashV2, md5 } = document;
      return ['queued', 'probing'].includes(state) && [id, infoHashV1, infoHashV2, md5].includes(wanted as never);
    });
    return job?.order.document.id;
  }

  demand(document: LocalDocument, pieces: readonly IndexRange[]): (() => void) | undefined {
    return this.downloads.activeFor(document.id)?.demand(pieces);
  }

  lastHolders(document: LocalDocument, pieces: readonly IndexRange[]): readonly PieceHolder[] {
    const runs = this.downloads
      .list()
      .flatMap(({ order, status }) => (order.document.id === document.id && status.run ? [status.run] : []));
    return runs.at(-1)?.holdersOf(pieces) ?? [];
  }
}
