import type { Inspection } from '@pageswarm/contracts';
import { decodePageMap } from '@pageswarm/page-map';
import type { SwarmClientPool } from '@pageswarm/transport';
import type { DocumentDirectory } from '../downloads/downloads.service.ts';
import type { HostDirectory } from '../downloads/host-directory.ts';
import { fetchMetainfo } from '../downloads/metainfo-fetch.ts';
import type { LocalDocument } from '../library/local-document.ts';

/** How long another host may take to hand over a page map, in milliseconds. */
export const PUBLISHED_TIMEOUT_MS = 10_000;

/** What was found in a document when somebody else published it: words are counted once and not by every host again. */
export class PublishedInspection {
  constructor(
    private readonly directory: DocumentDirectory & HostDirectory,
    private readonly connections: SwarmClientPool,
  ) {}

  /** The catalog's inspection with a page map from another host; undefined when nobody else has both. */
  async find(document: LocalDocument): Promise<{ readonly inspection: Inspection; readonly pageMap: Uint8Array } | undefined> {
    try {
      const { pages, words, extractor, title, author, mapped, mapReason, encrypted, needsPassword, error, ...published } =
        await this.directory.get(document.id);
      if (!mapped || pages === null || words === null || published.infoHashV2 !== document.record.infoHashV2) return undefined;
      const hosts = (await this.directory.hostsOf(document.id)).filter(({ complete }) => complete);
      const { pageMap } = await fetchMetainfo(document.record, hosts, this.connections, AbortSignal.timeout(PUBLISHED_TIMEOUT_MS));
      if (!pageMap || decodePageMap(pageMap, document.record).pageCount !== pages) return undefined;
      return { inspection: { pages, words, extractor, title, author, mapped, mapReason, encrypted, needsPassword, error }, pageMap };
    } catch {
      // Whatever is wrong with what others published, a pdf-worker can look for itself.
      return undefined;
    }
  }
}
