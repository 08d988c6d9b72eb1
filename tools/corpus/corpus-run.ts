import { basename } from 'node:path';
import type { Document } from '@pageswarm/contracts';
import type { LocalSwarm } from '../local-swarm/local-swarm.ts';
import { RestProblem } from '../local-swarm/rest-client.ts';
import { type LocalMap, mapOfFile } from './local-map.ts';
import type { CorpusFile } from './manifest.ts';
import { compareViews, type ViewJudges, type ViewVerdict } from './page-views.ts';

const DOWNLOAD_LIMIT_MS = 180_000;
/** Time from adding a file to knowing what is in it, in milliseconds; a few that hang use up the worker's own limit one after another. */
const INSPECTION_LIMIT_MS = 120_000;
/** Files that are under way at the same time. */
const FILES_AT_ONCE = 3;

export type PagesVerdict = 'equal' | 'different' | 'unreadable here' | 'unreadable to poppler' | 'not compared';

/** What became of one file of the corpus. */
export interface CorpusResult {
  readonly file: CorpusFile;
  /** `accepted`, the code it was refused with, or `failed` with a reason. */
  readonly outcome:
    | { readonly kind: 'accepted' }
    | { readonly kind: 'refused'; readonly code: string }
    | { readonly kind: 'failed'; readonly why: string };
  readonly document?: Document;
  readonly md5Equal?: boolean;
  readonly pages?: PagesVerdict;
  /** Document bytes that came over the wire. */
  readonly wireBytes?: number;
  /** Hosts that the download had to choose from. */
  readonly hosts?: number;
  /** Its page map, made here. */
  readonly map?: LocalMap;
  /** Sampled pages, where they are compared. */
  readonly views?: ViewVerdict;
  /** Time from adding the file to having it on the third peer, in milliseconds. */
  readonly elapsedMs?: number;
}

/**
 * Sends each file through a swarm of at least three peers: added on peers 1 and 2, downloaded by peer 3.
 * @param report is given each result as it comes, in the order of completion
 * @param judges compare sampled page views of mapped documents too
 */
export async function runCorpus(
  swarm: LocalSwarm,
  files: readonly CorpusFile[],
  report: (result: CorpusResult) => void,
  judges?: ViewJudges,
): Promise<CorpusResult[]> {
  const results: CorpusResult[] = [];
  const waiting = [...files];
  const takeNext = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const result = await runFile(swarm, file, judges).catch(
        (error): CorpusResult => ({ file: file as CorpusFile, outcome: failure(error) }),
      );
      results.push(result);
      report(result);
    }
  };
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, takeNext));
  return results;
}

async function runFile(swarm: LocalSwarm, file: CorpusFile, judges: ViewJudges | undefined): Promise<CorpusResult> {
  const started = performance.now();
  const refusals = await Promise.all([1, 2].map((peer) => add(swarm, peer, file)));
  const [first, second] = refusals;
  if (first?.code !== second?.code)
    return { file, outcome: { kind: 'failed', why: `peer 1 says ${first?.code}, peer 2 says ${second?.code}` } };
  if (first?.code) return { file, outcome: { kind: 'refused', code: first.code } };
  const document = first?.document as Document;
  const peer = swarm.peer(3);
  const { id } = await peer.startDownload({ id: document.id });
  const download = await peer.followDownload(id, DOWNLOAD_LIMIT_MS);
  if (download.state !== 'done')
    return { file, outcome: { kind: 'failed', why: `download ${download.state}: ${download.error?.code} ${download.error?.detail}` } };
  const { md5 } = await peer.contentHashes(document.id);
  const elapsedMs = performance.now() - started;
  const { id: documentId, pages, mapped } = document;
  const views = judges && mapped && pages ? await compareViews(peer, { id: documentId, pages }, file.path, judges) : undefined;
  return {
    file,
    document,
    outcome: { kind: 'accepted' },
    md5Equal: md5 === file.md5 && download.md5.actual === file.md5,
    pages: comparePages(document.pages, file.pages),
    wireBytes: download.bytesReceived,
    hosts: download.hosts.length,
    map: await mapOfFile(file.path),
    views,
    elapsedMs,
  };
}

async function add(swarm: LocalSwarm, peer: number, file: CorpusFile): Promise<{ document?: Document; code?: string }> {
  try {
    return { document: await swarm.peer(peer).addInspected(basename(file.file), file.path, INSPECTION_LIMIT_MS) };
  } catch (error) {
    // A refusal is an answer about the file; anything from 500 up, and silence, is a fault of the service.
    if (error instanceof RestProblem && error.status >= 400 && error.status < 500) return { code: error.code };
    throw error;
  }
}

export function comparePages(ours: number | null, poppler: number | undefined | null): PagesVerdict {
  if (poppler === null) return 'not compared';
  if (ours === null) return 'unreadable here';
  if (poppler === undefined) return 'unreadable to poppler';
  return ours === poppler ? 'equal' : 'different';
}

function failure(error: unknown): CorpusResult['outcome'] {
  return { kind: 'failed', why: error instanceof Error ? error.message : String(error) };
}
