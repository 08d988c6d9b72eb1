import type { JobAnswer, JobSurroundings } from '../pool/job-runner.ts';
import type { JoinParams, JoinValue } from './join-job.ts';

/** Puts whole PDFs, which are extracts and so are small, one after another into one. */
export async function runJoinJob({ sizes }: JoinParams, { document, progress }: JobSurroundings): Promise<JobAnswer<JoinValue>> {
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const size of sizes) {
    parts.push(await document.read(offset, size));
    offset += size;
    progress();
  }
  // pdf-lib is loaded by those who need it.
  const { joinDocuments } = await import('./join-pages.ts');
  const { bytes, pages } = await joinDocuments(parts, progress);
  return { value: { pages }, output: bytes };
}
