import { PageSwarmError } from '@pageswarm/primitives';
import { MAX_TORRENT_BYTES, type Metainfo, parseMetainfo } from '@pageswarm/torrent';
import type { FastifyRequest } from 'fastify';

/** A .torrent file that somebody sent, with the other fields of the form. */
export interface TorrentUpload {
  readonly torrent: Metainfo;
  readonly fields: Readonly<Record<string, string>>;
}

/** @throws PageSwarmError INVALID_REQUEST without a file, TOO_LARGE, INVALID_TORRENT */
export async function readTorrentUpload(request: FastifyRequest): Promise<TorrentUpload> {
  if (!request.isMultipart())
    throw new PageSwarmError('INVALID_REQUEST', 'Send the .torrent as multipart/form-data with a part named "file"');
  const fields: Record<string, string> = {};
  let bytes: Buffer | undefined;
  for await (const part of request.parts({ limits: { fileSize: MAX_TORRENT_BYTES } })) {
    if (part.type === 'file') bytes = await part.toBuffer();
    else fields[part.fieldname] = String(part.value);
  }
  if (!bytes) throw new PageSwarmError('INVALID_REQUEST', 'The form has no file; send the .torrent as a part named "file"');
  return { torrent: parseMetainfo(bytes), fields };
}

/** The strongest identity that a torrent states; its name plays no part. @throws PageSwarmError INVALID_TORRENT */
export function hashInTorrent({ root, infoHashV2, infoHashV1 }: Metainfo): string {
  const hash = root ?? infoHashV2 ?? infoHashV1;
  if (!hash) throw new PageSwarmError('INVALID_TORRENT', 'The torrent names no document');
  return hash;
}
