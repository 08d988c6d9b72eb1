import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type Document,
  type DocumentList,
  DocumentListSchema,
  DocumentSchema,
  type Download,
  DownloadSchema,
  type StartDownload,
} from '@pageswarm/contracts';
import { type FileContent, RestClient } from './rest-client.ts';
import { waitFor } from './wait-for.ts';

/** States in which a download does nothing more by itself. */
const SETTLED: ReadonlySet<Download['state']> = new Set(['done', 'failed', 'paused']);
/** Time between two looks at a running download, in milliseconds. */
const LOOK_INTERVAL_MS = 25;

/** A peer's REST face as its owner uses it. */
export class PeerClient {
  private readonly rest: RestClient;

  constructor(readonly base: string) {
    this.rest = new RestClient(base);
  }

  /** Adds a PDF; the answer may come before the pdf-worker is done with it. @throws RestProblem, for example 409 DOCUMENT_EXISTS */
  add(fileName: string, content: FileContent): Promise<Document> {
    return this.rest.upload('documents', fileName, content, DocumentSchema);
  }

  /** Adds a PDF and waits until the pdf-worker has told what is in it, or why that cannot be told. */
  async addInspected(fileName: string, content: FileContent, limitMs: number): Promise<Document> {
    const { id } = await this.add(fileName, content);
    let document = await this.document(id);
    await waitFor(`the inspection of "${fileName}"`, limitMs, async () => {
      document = await this.document(id);
      return document.extractor !== null || document.error !== null;
    });
    return document;
  }

  documents(): Promise<DocumentList> {
    return this.rest.get('documents', DocumentListSchema);
  }

  document(id: string): Promise<Document> {
    return this.rest.get(`documents/${id}`, DocumentSchema);
  }

  remove(id: string): Promise<void> {
    return this.rest.delete(`documents/${id}`);
  }

  searchByName(query: string): Promise<DocumentList> {
    return this.rest.get(`network/documents?query=${encodeURIComponent(query)}`, DocumentListSchema);
  }

  searchByTorrent(torrent: Uint8Array): Promise<DocumentList> {
    return this.rest.upload('network/search', 'search.torrent', torrent, DocumentListSchema);
  }

  startDownload(what: StartDownload): Promise<Download> {
    return this.rest.post('downloads', what, DownloadSchema);
  }

  download(id: string): Promise<Download> {
    return this.rest.get(`downloads/${id}`, DownloadSchema);
  }

  /**
   * Follows a download until it is done, failed or paused.
   * @param watch is given every state that was seen
   * @throws Error after `limitMs`
   */
  async followDownload(
    id: string,
    limitMs: number,
    watch: (download: Download) => void = () => {},
    lookIntervalMs = LOOK_INTERVAL_MS,
  ): Promise<Download> {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const download = await this.download(id);
      watch(download);
      if (SETTLED.has(download.state)) return download;
      if (performance.now() > deadline) throw new Error(`Download ${id} is still ${download.state} after ${limitMs / 1_000} s`);
      await delay(lookIntervalMs);
    }
  }

  /** Pages like "3" or "3-7" as a PDF of their own. @throws RestProblem */
  async page(id: string, pages: string): Promise<Uint8Array> {
    return new Uint8Array(await (await this.rest.send('GET', `documents/${id}/pages/${pages}.pdf`)).arrayBuffer());
  }

  /** A page as a PNG. @throws RestProblem */
  async picture(id: string, page: number, width: number): Promise<Uint8Array> {
    return new Uint8Array(await (await this.rest.send('GET', `documents/${id}/pages/${page}.png?width=${width}`)).arrayBuffer());
  }

  /** Hashes the content as this peer serves it. */
  async contentHashes(id: string): Promise<{ size: number; md5: string; sha256: string }> {
    const { body } = await this.rest.send('GET', `documents/${id}/content`);
    const [md5, sha256] = [createHash('md5'), createHash('sha256')];
    let size = 0;
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
      size += chunk.length;
      md5.update(chunk);
      sha256.update(chunk);
    }
    return { size, md5: md5.digest('hex'), sha256: sha256.digest('hex') };
  }
}
