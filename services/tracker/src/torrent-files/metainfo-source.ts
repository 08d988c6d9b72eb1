import { MetainfoHeadSchema, PEER_PATTERNS, parseMessage } from '@pageswarm/contracts';
import type { DocumentId, Endpoint } from '@pageswarm/primitives';
import { PageSwarmError } from '@pageswarm/primitives';
import { MAX_TORRENT_BYTES } from '@pageswarm/torrent';
import type { SwarmClientPool, Turn } from '@pageswarm/transport';

/** How long a host may take to send the metainfo of a document, in milliseconds. */
export const METAINFO_TIMEOUT_MS = 10_000;

/** Where the tracker gets the piece hashes of a document from. */
export interface MetainfoSource {
  /** The bytes of a metainfo as the host tells it, unverified; `turn` hears of each part of it. */
  fetch(host: Endpoint, id: DocumentId, turn: Turn): Promise<Uint8Array>;
}

/** Asks hosts on the swarm transport. */
export class SwarmMetainfoSource implements MetainfoSource {
  constructor(private readonly pool: SwarmClientPool) {}

  async fetch(host: Endpoint, id: DocumentId, { signal, alive }: Turn): Promise<Uint8Array> {
    const answer = await this.pool.get(host).bytes(PEER_PATTERNS.metainfo, { id }, { timeoutMs: METAINFO_TIMEOUT_MS, signal });
    const chunks: Uint8Array[] = [];
    try {
      const { bytes } = parseMessage(MetainfoHeadSchema, answer.head);
      if (bytes > MAX_TORRENT_BYTES)
        throw new PageSwarmError('TOO_LARGE', `A metainfo of ${bytes} bytes is over the limit of ${MAX_TORRENT_BYTES}`);
      let received = 0;
      for await (const chunk of answer.body) {
        received += chunk.length;
        alive();
        if (received > bytes) throw new PageSwarmError('PROTOCOL_ERROR', `A host promised ${bytes} bytes of metainfo and sent more`);
        chunks.push(Uint8Array.from(chunk));
      }
      return Buffer.concat(chunks);
    } finally {
      answer.cancel();
    }
  }
}
