import { PageSwarmError } from '@pageswarm/primitives';
import { parseMagnet } from '@pageswarm/torrent';

/** The hash in what somebody asked for: hex, or a magnet link. @throws PageSwarmError INVALID_MAGNET, INVALID_ID */
export function hashOf(id: string): string {
  const text = id.trim();
  if (text.toLowerCase().startsWith('magnet:')) {
    const { infoHashV2, infoHashV1 } = parseMagnet(text);
    return (infoHashV2 ?? infoHashV1) as string;
  }
  if (!/^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i.test(text))
    throw new PageSwarmError('INVALID_ID', `"${text.slice(0, 80)}" is no document id, info-hash, md5 or magnet link`);
  return text.toLowerCase();
}
