import type { WorkerDocument } from '@pageswarm/contracts';
import type { SwarmContext } from '@pageswarm/transport';
import type { DocumentAtPeer } from './document-sources.ts';

/** Where the document of a request is read: at the asker's own address unless it names another. */
export function documentOf(
  { id, size, pieceLength, source }: WorkerDocument,
  context: Pick<SwarmContext, 'remoteAddress'>,
): DocumentAtPeer {
  return { id, size, pieceLength, peer: { host: source.host ?? context.remoteAddress.host, port: source.port } };
}
