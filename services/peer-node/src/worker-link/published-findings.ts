import {
  decodeLayout,
  type FindingsHead,
  FindingsHeadSchema,
  MAX_ENCODED_TEXTS_BYTES,
  PageTextsReader,
  PEER_PATTERNS,
} from '@pageswarm/contracts';
import { MemoryByteSource, PageSwarmError, parseEndpoint } from '@pageswarm/primitives';
import type { SwarmClientPool } from '@pageswarm/transport';
import type { HostDirectory } from '../downloads/host-directory.ts';
import { MAX_ENCODED_LAYOUT_BYTES, type PageFindings } from '../library/finding-store.ts';
import type { LocalDocument } from '../library/local-document.ts';

/** How long another host may take to hand over what it keeps of the pages of a document, in milliseconds. */
export const FINDINGS_TIMEOUT_MS = 30_000;
/** The most hosts that are asked for it. */
export const MAX_FINDINGS_HOSTS = 3;
/** The most pages of which the words are counted again, evenly spread: texts of another document are found out. */
export const MAX_CHECKED_PAGES = 16;

/** The texts of pages with so many words may have been cut at their limit, and have fewer. */
const LONG_PAGE_WORDS = 50_000;

const TOO_MUCH: FindingsHead = { layout: Number.MAX_SAFE_INTEGER, texts: 0 };

/** Texts and layout of a document as another host keeps them, so that not every host has it read again. */
export class PublishedFindings {
  constructor(
    private readonly directory: HostDirectory,
    private readonly connections: SwarmClientPool,
    private readonly timeoutMs = FINDINGS_TIMEOUT_MS,
  ) {}

  /** @returns undefined when no host has findings that fit the words of the catalog */
  async find(document: LocalDocument): Promise<PageFindings | undefined> {
    const hosts = await this.directory.hostsOf(document.id).catch(() => []);
    for (const { address } of hosts.filter(({ complete }) => complete).slice(0, MAX_FINDINGS_HOSTS)) {
      try {
        const findings = await this.fetch(document, address);
        const words = document.record.inspection.words ?? [];
        if (fitsPages(findings.layout, words.length) && (await fitsWords(findings.texts, words))) return findings;
      } catch {
        // Whatever is wrong with what this host keeps, the next may have it right, or a pdf-worker reads the document.
      }
    }
    return undefined;
  }

  private async fetch({ id }: LocalDocument, address: string): Promise<PageFindings> {
    const client = this.connections.get(parseEndpoint(address));
    const { head, body, cancel } = await client.bytes<unknown>(PEER_PATTERNS.findings, { id }, { timeoutMs: this.timeoutMs });
    const announced = FindingsHeadSchema.safeParse(head);
    const { layout, texts } = announced.success ? announced.data : TOO_MUCH;
    if (layout > MAX_ENCODED_LAYOUT_BYTES || texts > MAX_ENCODED_TEXTS_BYTES) {
      cancel();
      throw new PageSwarmError('LIMIT_EXCEEDED', 'The host keeps more of the document than is taken, or does not say how much');
    }
    const chunks: Uint8Array[] = [];
    let received = 0;
    for await (const chunk of body) {
      received += chunk.length;
      if (received > layout + texts) throw new PageSwarmError('PROTOCOL_ERROR', 'The host sent more than it announced');
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks, received);
    return { layout: bytes.subarray(0, layout), texts: bytes.subarray(layout) };
  }
}

/** True if what the layout tells of pages, it tells of as many. @throws PageSwarmError INVALID_REQUEST if it is no layout */
function fitsPages(layout: Uint8Array, pages: number): boolean {
  const { pageLabels, pageSizes } = decodeLayout(layout);
  const sized = pageSizes?.reduce((sum, run) => sum + run.pages, 0);
  return (pageLabels?.length ?? pages) === pages && (sized ?? pages) === pages;
}

/** True if these are texts of as many pages, and pages here and there have as many words as were counted. */
async function fitsWords(texts: Uint8Array, words: readonly number[]): Promise<boolean> {
  const reader = await PageTextsReader.open(new MemoryByteSource(texts));
  if (reader.pages !== words.length) return false;
  const step = Math.max(1, words.length / MAX_CHECKED_PAGES);
  for (let at = 0; at < words.length; at += step) {
    const index = Math.floor(at);
    const found = (await reader.text(index + 1)).split(/\s+/).filter(Boolean).length;
    const counted = words[index] as number;
    if (found > counted || (found < counted && counted < LONG_PAGE_WORDS)) return false;
  }
  return true;
}
