import { FindingsHeadSchema, MAX_ENCODED_TEXTS_BYTES, PageTextsReader, PEER_PATTERNS, parseMessage } from '@pageswarm/contracts';
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

/** Texts and layout of a document as another host keeps them, so that not every host has it read again. */
export class PublishedFindings {
  constructor(
    private readonly directory: HostDirectory,
    private readonly connections: SwarmClientPool,
  ) {}

  /** @returns undefined when no host has findings that fit the words of the catalog */
  async find(document: LocalDocument): Promise<PageFindings | undefined> {
    const hosts = await this.directory.hostsOf(document.id).catch(() => []);
    for (const { address } of hosts.filter(({ complete }) => complete).slice(0, MAX_FINDINGS_HOSTS)) {
      try {
        const findings = await this.fetch(document, address);
        if (await fitsWords(findings.texts, document.record.inspection.words ?? [])) return findings;
      } catch {
        // Whatever is wrong with what this host keeps, the next may have it right, or a pdf-worker reads the document.
      }
    }
    return undefined;
  }

  private async fetch({ id }: LocalDocument, address: string): Promise<PageFindings> {
    const client = this.connections.get(parseEndpoint(address));
    const { head, body } = await client.bytes<unknown>(PEER_PATTERNS.findings, { id }, { timeoutMs: FINDINGS_TIMEOUT_MS });
    const { layout, texts } = parseMessage(FindingsHeadSchema, head);
    if (layout > MAX_ENCODED_LAYOUT_BYTES || texts > MAX_ENCODED_TEXTS_BYTES)
      throw new PageSwarmError('LIMIT_EXCEEDED', 'The host keeps more of the document than is taken');
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
