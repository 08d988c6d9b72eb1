import { PageMapHeadSchema, PEER_PATTERNS, parseMessage } from '@pageswarm/contracts';
import { MAX_ENCODED_PAGE_MAP_BYTES } from '@pageswarm/page-map';
import { type DocumentId, PageSwarmError } from '@pageswarm/primitives';
import type { BytesClient } from './peer-pieces.ts';

/** How long a peer may take to hand over a page map, in milliseconds. */
export const PAGE_MAP_TIMEOUT_MS = 10_000;

/**
 * The encoded page map that the peer has of its document: with it, showing a page reads the structure and the closure of
 * that page and nothing else.
 * @throws PageSwarmError LIMIT_EXCEEDED, PROTOCOL_ERROR, and the transport's codes
 */
export async function fetchPageMap(client: BytesClient, id: DocumentId, signal: AbortSignal): Promise<Uint8Array> {
  const { head, body } = await client.bytes(PEER_PATTERNS.pageMap, { id }, { timeoutMs: PAGE_MAP_TIMEOUT_MS, signal });
  const { bytes } = parseMessage(PageMapHeadSchema, head);
  if (bytes > MAX_ENCODED_PAGE_MAP_BYTES)
    throw new PageSwarmError('LIMIT_EXCEEDED', `The page map has more than ${MAX_ENCODED_PAGE_MAP_BYTES} bytes`);
  const chunks: Uint8Array[] = [];
  let received = 0;
  for await (const chunk of body) {
    received += chunk.length;
    if (received > bytes) throw new PageSwarmError('PROTOCOL_ERROR', 'The peer sent more of the page map than it announced');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, received);
}
