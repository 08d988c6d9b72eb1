import { Inject, Injectable } from '@nestjs/common';
import { encodeLayout, type Inspection, MAX_PAGES } from '@pageswarm/contracts';
import { encodePageMap, linearPageMap } from '@pageswarm/page-map';
import { isPageSwarmError } from '@pageswarm/primitives';
import { type DocumentAtPeer, DocumentSources } from '../documents/document-sources.ts';
import { ChildPool } from '../pool/child-pool.ts';
import { isDocumentProblem } from '../pool/job-problem.ts';
import { type Finding, layoutOf, reconcile } from './reconcile.ts';

/**
 * How many bytes the jobs of an inspection ask for at once, at the least: they read a document nearly from front to back,
 * and every question costs both processes more than the bytes do.
 */
export const INSPECTION_BLOCK_BYTES = 131_072;

export interface InspectedDocument {
  readonly inspection: Inspection;
  /** The encoded page map. */
  readonly pageMap: Uint8Array;
  /** The encoded outline, page labels and page sizes. */
  readonly layout: Uint8Array;
  /** The encoded texts of the pages; empty if nobody could read them. */
  readonly texts: Uint8Array;
}

/** Finds out what there is to know about a document. */
@Injectable()
export class InspectService {
  constructor(
    @Inject(ChildPool) private readonly pool: ChildPool,
    @Inject(DocumentSources) private readonly sources: DocumentSources,
  ) {}

  /**
   * Two jobs, so that one that dies leaves the other's findings: the page map by our own reader, the rest by PDFium.
   * Whatever is wrong with the document is part of the answer.
   * @throws PageSwarmError when the document could not be looked at: WORKER_BUSY, CANCELLED, or why its bytes are missing
   */
  async inspect(document: DocumentAtPeer, signal: AbortSignal): Promise<InspectedDocument> {
    this.pool.demandRoom(2);
    const opened = this.sources.open(document);
    const { size, pieceLength } = document;
    const common = { blockBytes: Math.max(pieceLength, INSPECTION_BLOCK_BYTES), priority: 'background', signal } as const;
    try {
      // Both are waited for: ending the second because the first failed would cost its child, and it fails by itself.
      const [map, text] = await bothOf(
        finding(this.pool.run({ ...common, kind: 'map', params: { pieceLength }, source: opened.reader() })),
        finding(this.pool.run({ ...common, kind: 'text', params: { maxPages: MAX_PAGES }, source: opened.reader() })),
      );
      const { inspection, linear } = reconcile(jobValue(map), jobValue(text));
      const keepsMap = !linear && 'value' in map;
      return {
        inspection,
        pageMap: keepsMap ? map.value.output : encodePageMap(linearPageMap({ size, pieceLength, pageCount: 1, reason: '', ...linear })),
        layout: encodeLayout(layoutOf(jobValue(text))),
        texts: 'value' in text ? text.value.output : new Uint8Array(0),
      };
    } finally {
      opened.close();
    }
  }
}

async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return Promise.all([first, second]);
}

/** A problem of the document is a finding; every other error stays one. */
async function finding<T>(job: Promise<T>): Promise<Finding<T>> {
  try {
    return { value: await job };
  } catch (error) {
    if (isPageSwarmError(error) && isDocumentProblem(error.code)) return { error: error.toShape() };
    throw error;
  }
}

function jobValue<V>(found: Finding<{ readonly value: V }>): Finding<V> {
  return 'value' in found ? { value: found.value.value } : found;
}
