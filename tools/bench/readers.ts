import { PEER_PATTERNS } from '@pageswarm/contracts';
import { type Endpoint, type PeerId, pieceCount } from '@pageswarm/primitives';
import { SwarmClient } from '@pageswarm/transport';

/** A document as a reader asks for it. */
export interface SharedDocument {
  readonly id: string;
  readonly size: number;
  readonly pieceLength: number;
}

/**
 * Other nodes that read documents from a peer, each over a connection of its own: the documents by turns, each reader from another
 * one on, until the time is over and every document was read at least once.
 * @returns bytes that came
 * @throws Error if a document came with another size
 */
export async function readDocuments(peer: Endpoint, documents: readonly SharedDocument[], readers: number, ms: number): Promise<number> {
  const end = performance.now() + ms;
  const share = Math.ceil(documents.length / readers);
  const read = async (reader: number): Promise<number> => {
    const peerId = reader.toString(16).padStart(40, 'e') as PeerId;
    const client = new SwarmClient({ endpoint: peer, identity: { peerId, role: 'peer' } });
    let received = 0;
    try {
      for (let turn = 0; turn < share || performance.now() < end; turn++)
        received += await readOne(client, documents[(reader * share + turn) % documents.length] as SharedDocument);
    } finally {
      await client.close();
    }
    return received;
  };
  const received = await Promise.all(Array.from({ length: readers }, (_, reader) => read(reader)));
  return received.reduce((sum, bytes) => sum + bytes, 0);
}

async function readOne(client: SwarmClient, { id, size, pieceLength }: SharedDocument): Promise<number> {
  const { body } = await client.bytes<unknown>(PEER_PATTERNS.pieces, { id, pieces: [[0, pieceCount(size, pieceLength)]] });
  let received = 0;
  for await (const chunk of body) received += chunk.length;
  if (received !== size) throw new Error(`Document ${id} came with ${received} bytes instead of ${size}`);
  return received;
}
