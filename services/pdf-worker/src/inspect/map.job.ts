import { buildPageMap, encodePageMap } from '@pageswarm/page-map';
import type { JobAnswer, JobSurroundings } from '../pool/job-runner.ts';
import type { MapParams, MapValue } from './map-job.ts';

/** Reads the document's structure and says which bytes belong to which page. */
export async function runMapJob({ pieceLength }: MapParams, { document, progress }: JobSurroundings): Promise<JobAnswer<MapValue>> {
  const map = await buildPageMap(document, { pieceLength });
  // A map that was made although bytes were missing would be kept for good.
  document.demandAllReadsServed();
  progress();
  const { pageCount, mapped, reason, details } = map;
  const value = { pageCount, mapped, reason: reason ?? null, encrypted: details.encrypted, needsPassword: details.needsPassword };
  return { value, output: encodePageMap(map) };
}
