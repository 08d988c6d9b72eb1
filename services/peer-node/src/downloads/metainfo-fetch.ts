import type { DocumentIdentity, Host } from '@pageswarm/contracts';
import { errorShape, PageSwarmError } from '@pageswarm/primitives';
import { type HybridMetainfo, infoHashes, parseMetainfo } from '@pageswarm/torrent';
import { askInTurns, type SwarmClientPool, type Turn } from '@pageswarm/transport';
import { HostConnection } from './host-connection.ts';

/** How long a host may be silent before the next one is asked for the metainfo too, in milliseconds. */
export const METAINFO_PATIENCE_MS = 500;

/**
 * The metainfo of a document from the first host that has it right. No host that is silent keeps the others from being asked.
 * @throws PageSwarmError NO_HOSTS naming why each host could not give it
 */
export async function fetchMetainfo(
  identity: DocumentIdentity,
  hosts: readonly Host[],
  connections: SwarmClientPool,
  signal: AbortSignal,
): Promise<HybridMetainfo> {
  if (hosts.length === 0) throw new PageSwarmError('NO_HOSTS', 'No host of the document is known');
  const reasons: string[] = [];
  const ask = async ({ peerId, address }: Host, { signal, alive }: Turn): Promise<HybridMetainfo> => {
    try {
      const host = new HostConnection(peerId, address, connections);
      await host.probe();
      alive();
      return readMetainfo(identity, await host.metainfo(identity.id, signal, alive));
    } catch (error) {
      reasons.push(`${address}: ${errorShape(error).detail}`);
      throw error;
    }
  };
  try {
    return await askInTurns(hosts, ask, { patienceMs: METAINFO_PATIENCE_MS, signal });
  } catch (error) {
    if (!(error instanceof AggregateError)) throw error;
    throw new PageSwarmError('NO_HOSTS', `No host gave the metainfo (${reasons.join('; ')})`, { cause: error });
  }
}

/** Everything that can be checked is: the layer against the root (by the parser), the identity against what was asked for. */
function readMetainfo(identity: DocumentIdentity, bytes: Uint8Array): HybridMetainfo {
  const { root, pieceLayer, v1Pieces, size, pieceLength, pageMap } = parseMetainfo(bytes);
  if (root !== identity.id || size !== identity.size || pieceLength !== identity.pieceLength || !pieceLayer || !v1Pieces)
    throw new PageSwarmError('PIECE_CORRUPT', 'The metainfo belongs to another document');
  const metainfo: HybridMetainfo = { name: identity.name, size, pieceLength, root, pieceLayer, v1Pieces, pageMap };
  const hashes = infoHashes(metainfo);
  if (hashes.infoHashV1 !== identity.infoHashV1 || hashes.infoHashV2 !== identity.infoHashV2)
    throw new PageSwarmError('PIECE_CORRUPT', 'The v1 hashes of the metainfo do not lead to the info-hashes of the catalog');
  return metainfo;
}
