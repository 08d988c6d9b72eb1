import type { DocumentIdentity, Host } from '@pageswarm/contracts';
import { errorShape, PageSwarmError } from '@pageswarm/primitives';
import { type HybridMetainfo, infoHashes, parseMetainfo } from '@pageswarm/torrent';
import type { SwarmClientPool } from '@pageswarm/transport';
import { HostConnection } from './host-connection.ts';

/**
 * The metainfo of a document from the first host that has it right.
 * @throws PageSwarmError NO_HOSTS naming why each host could not give it
 */
export async function fetchMetainfo(
  identity: DocumentIdentity,
  hosts: readonly Host[],
  connections: SwarmClientPool,
  signal: AbortSignal,
): Promise<HybridMetainfo> {
  const reasons: string[] = [];
  for (const { peerId, address } of hosts) {
    signal.throwIfAborted();
    try {
      const host = new HostConnection(peerId, address, connections);
      await host.probe();
      return readMetainfo(identity, await host.metainfo(identity.id, signal));
    } catch (error) {
      reasons.push(`${address}: ${errorShape(error).detail}`);
    }
  }
  throw new PageSwarmError(
    'NO_HOSTS',
    hosts.length === 0 ? 'No host of the document is known' : `No host gave the metainfo (${reasons.join('; ')})`,
  );
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
