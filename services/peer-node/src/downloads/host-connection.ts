import { HaveUpdateSchema, MetainfoHeadSchema, PEER_PATTERNS, type PiecesHead, PiecesHeadSchema, parseMessage } from '@pageswarm/contracts';
import { countOf, type DocumentId, type IndexRange, PageSwarmError, type PeerId, parseEndpoint } from '@pageswarm/primitives';
import { MAX_TORRENT_BYTES } from '@pageswarm/torrent';
import type { SwarmClient, SwarmClientPool } from '@pageswarm/transport';

/** How long a host may take to answer a probe as a whole, in milliseconds. */
export const PROBE_TIMEOUT_MS = 3_000;
/** Round trips of one probe; the smallest is the latency. */
export const PROBE_ROUNDS = 3;
/** How long a host may take to hand over the metainfo, in milliseconds. */
export const METAINFO_TIMEOUT_MS = 15_000;

/** One host of a document, as this node speaks to it. */
export class HostConnection {
  private readonly client: SwarmClient;

  constructor(
    readonly peerId: PeerId,
    readonly address: string,
    connections: SwarmClientPool,
  ) {
    this.client = connections.get(parseEndpoint(address));
  }

  /**
   * Connects and measures: the smallest of three round trips, in milliseconds.
   * @throws PageSwarmError CONNECTION_* when the host is dead, HANDSHAKE_FAILED when another node answers there
   */
  async probe(): Promise<number> {
    await within(PROBE_TIMEOUT_MS, this.client.connect());
    const remote = this.client.remote?.peerId;
    if (remote !== this.peerId) throw new PageSwarmError('HANDSHAKE_FAILED', `Another node answers at ${this.address}`);
    // All at once: one after the other they would keep a far host waiting for three round trips before it is asked anything.
    return Math.min(...(await Promise.all(Array.from({ length: PROBE_ROUNDS }, () => this.client.ping(PROBE_TIMEOUT_MS)))));
  }

  /** The .torrent of the document with its page map, as the host has it: to be verified. `came` is called for each part of it. */
  async metainfo(id: DocumentId, signal: AbortSignal, came: () => void): Promise<Uint8Array> {
    const { head, body } = await this.client.bytes<unknown>(PEER_PATTERNS.metainfo, { id }, { timeoutMs: METAINFO_TIMEOUT_MS, signal });
    const { bytes } = parseMessage(MetainfoHeadSchema, head);
    if (bytes > MAX_TORRENT_BYTES)
      throw new PageSwarmError('LIMIT_EXCEEDED', `The metainfo of ${bytes} bytes is larger than ${MAX_TORRENT_BYTES}`);
    const chunks: Uint8Array[] = [];
    let received = 0;
    for await (const chunk of body) {
      received += chunk.length;
      came();
      if (received > bytes) throw new PageSwarmError('PROTOCOL_ERROR', 'The host sent more metainfo than it announced');
      chunks.push(chunk);
    }
    return Buffer.concat(chunks, received);
  }

  /** What a partial host has, now and as it grows, until `signal` aborts. */
  async *watch(id: DocumentId, signal: AbortSignal): AsyncGenerator<IndexRange[]> {
    for await (const update of this.client.stream<unknown>(PEER_PATTERNS.watch, { id }, { signal }))
      yield parseMessage(HaveUpdateSchema, update).pieces;
  }

  /** Asks for pieces in this order; the head says which of them follow as bytes. A chunk of them is valid until the next is asked for. */
  async pieces(
    id: DocumentId,
    pieces: readonly number[],
    signal: AbortSignal,
  ): Promise<{ readonly head: PiecesHead; readonly body: AsyncIterable<Uint8Array> }> {
    const { head, body } = await this.client.bytes<unknown>(
      PEER_PATTERNS.pieces,
      { id, pieces: runsInOrder(pieces) },
      { signal, lendChunks: true },
    );
    const sent = parseMessage(PiecesHeadSchema, head);
    if (countOf(sent.pieces) > pieces.length)
      throw new PageSwarmError('PROTOCOL_ERROR', 'The host announced more pieces than were asked for');
    return { head: sent, body };
  }
}

/** Neighbouring pieces of a list as runs; the order of the list stays. */
export function runsInOrder(pieces: readonly number[]): IndexRange[] {
  const runs: [number, number][] = [];
  for (const piece of pieces) {
    const last = runs.at(-1);
    if (last && last[0] + last[1] === piece) last[1]++;
    else runs.push([piece, 1]);
  }
  return runs;
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new PageSwarmError('CONNECTION_TIMEOUT', `No answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
