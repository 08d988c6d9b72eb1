import { PEER_PATTERNS, PiecesHeadSchema, type PiecesRequest, parseMessage } from '@pageswarm/contracts';
import { countOf, type DocumentId, type IndexRange, indexesOf, PageSwarmError, pieceSize } from '@pageswarm/primitives';
import type { SwarmClient } from '@pageswarm/transport';
import type { FetchPieces } from './piece-cache.ts';

/** How long one request for pieces may take, in milliseconds: the peer may have to fetch them from the swarm first. */
export const PIECES_TIMEOUT_MS = 120_000;

/** What is needed of a client of the swarm transport. */
export type BytesClient = Pick<SwarmClient, 'bytes'>;

/** Fetches pieces of a document from the peer that asked for the job; it gets those that it lacks from the swarm. */
export function peerPieces(
  client: BytesClient,
  document: { id: DocumentId; size: number; pieceLength: number },
  timeoutMs = PIECES_TIMEOUT_MS,
): FetchPieces {
  return async function* fetch(run: IndexRange, signal: AbortSignal) {
    const request: PiecesRequest = { id: document.id, pieces: [[...run]], demand: true };
    const { head, body } = await client.bytes(PEER_PATTERNS.pieces, request, { signal, timeoutMs });
    const { pieces } = parseMessage(PiecesHeadSchema, head);
    // The first piece that is missing ends what can be used, since pieces are wanted in order.
    const usable = countOf(pieces) === run[1] && pieces[0]?.[0] === run[0] && pieces.length === 1;
    if (!usable) throw new PageSwarmError('PIECE_NOT_HERE', `The peer lacks some of pieces ${run[0]} to ${run[0] + run[1] - 1}`);
    yield* cutIntoPieces(
      body,
      [...indexesOf([run])].map((index) => pieceSize(index, document.size, document.pieceLength)),
    );
  };
}

/** Cuts a stream of bytes into parts of the given lengths. @throws PageSwarmError PROTOCOL_ERROR if it is longer or shorter */
export async function* cutIntoPieces(body: AsyncIterable<Uint8Array>, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  let number = 0;
  let piece = new Uint8Array(lengths[0] ?? 0);
  let filled = 0;
  for await (const chunk of body) {
    for (let used = 0; used < chunk.length; ) {
      if (number === lengths.length) throw new PageSwarmError('PROTOCOL_ERROR', 'The peer sent more bytes than were asked for');
      const part = chunk.subarray(used, used + piece.length - filled);
      piece.set(part, filled);
      used += part.length;
      filled += part.length;
      if (filled < piece.length) continue;
      yield piece;
      number++;
      piece = new Uint8Array(lengths[number] ?? 0);
      filled = 0;
    }
  }
  if (number < lengths.length) throw new PageSwarmError('PROTOCOL_ERROR', 'The peer sent fewer bytes than it promised');
}
