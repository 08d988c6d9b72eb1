import { PEER_PATTERNS } from '@pageswarm/contracts';
import { createLogger } from '@pageswarm/observability';
import { type DocumentPieces, MemoryStore, type OpenOptions, type StoredDocumentSpec } from '@pageswarm/piece-store';
import { type IndexRange, indexesOf, PageSwarmError, type PeerId, pieceSize } from '@pageswarm/primitives';
import { DocumentHasher, encodeMetainfo, infoHashes } from '@pageswarm/torrent';
import type { SwarmClientPool } from '@pageswarm/transport';
import { Registry } from 'prom-client';
import { Bandwidth } from '../bandwidth/bandwidth.ts';
import { UNLIMITED } from '../bandwidth/rate-limits.ts';
import { systemClock } from '../clock.ts';
import type { DocumentIntake } from '../library/document-intake.ts';
import { NOT_INSPECTED } from '../library/document-record.ts';
import { Library, type LibraryOptions } from '../library/library.service.ts';
import type { RecordStore } from '../library/record-store.ts';
import type { DownloadJob, JobState } from './download-job.ts';
import { DownloadMeter } from './download-meter.ts';
import type { DownloadOrderStore } from './download-order-store.ts';
import { Downloads } from './downloads.service.ts';

const PEER = 'b'.repeat(40) as PeerId;
const BYTES = Buffer.alloc(100_000, '%PDF-1.7 and so on ');
const NOW = '2026-01-01T00:00:00.000Z';
const LIMIT_MS = 4_000;

/** Where a download is held up. The last two hold nothing up: it has failed, or is done. */
export const STAGES = [
  'queued',
  'searching',
  'opening',
  'probing',
  'downloading',
  'verifying',
  'finishing',
  'waiting',
  'failed',
  'done',
] as const;
export type Stage = (typeof STAGES)[number];

/** How the download is called there. */
export const STATE_OF_STAGE: Readonly<Record<Stage, JobState>> = {
  queued: 'queued',
  searching: 'probing',
  opening: 'probing',
  probing: 'probing',
  downloading: 'downloading',
  verifying: 'verifying',
  finishing: 'verifying',
  waiting: 'paused',
  failed: 'failed',
  done: 'done',
};

/** One download of a document from one host, held up at a stage until {@link release}. */
export class StagedDownload {
  readonly library: Library;
  private readonly downloads: Downloads;
  private readonly held: (() => void)[] = [];
  private isHeld = true;
  private probes = 0;

  private constructor(private readonly stage: Stage) {
    const store = new MemoryStore();
    const { hashes, metainfo } = described();
    this.library = new Library({
      peerId: PEER,
      clock: systemClock,
      store: {
        open: async (spec: StoredDocumentSpec, options?: OpenOptions) => {
          await this.hold('opening');
          return this.slow(await store.open(spec, options));
        },
        adopt: store.adopt,
        close: async () => undefined,
      },
      records: { save: async () => undefined, remove: async () => undefined } as unknown as RecordStore,
      intake: {} as DocumentIntake,
      findings: { remove: async () => undefined },
      logger: LOGGER,
    } as unknown as LibraryOptions);
    const host = { peerId: PEER, address: '127.0.0.1:1', complete: true, pieces: 1, lastSeen: NOW };
    const document = { id: hashes.root, name: 'x.pdf', size: hashes.size, pieceLength: hashes.pieceLength, md5: hashes.md5 };
    this.downloads = new Downloads({
      library: this.library,
      ownPeerId: 'c'.repeat(40) as PeerId,
      directory: {
        get: async () =>
          ({ ...document, ...infoHashes(metainfo), ...NOT_INSPECTED, aliases: [], addedBy: PEER, addedAt: NOW, hosts: [] }) as never,
      },
      hosts: {
        hostsOf: async () => {
          await this.hold('searching');
          if (this.stage === 'failed' && this.isHeld) throw new Error('Something that no other host can mend');
          return [host] as never;
        },
      },
      connections: this.connections(encodeMetainfo(metainfo)),
      orders: { save: async () => undefined, remove: async () => undefined } as unknown as DownloadOrderStore,
      meter: new DownloadMeter(new Registry()),
      bandwidth: new Bandwidth(systemClock, UNLIMITED),
      clock: systemClock,
      logger: LOGGER,
      hostSearchMs: 10_000,
      storeFolder: '/nowhere',
      maxActive: stage === 'queued' ? 0 : 4,
      defaultStrategy: 'adaptive',
      changed: () => undefined,
    } as ConstructorParameters<typeof Downloads>[0]);
  }

  /** Orders the download and waits until it is where it is held up. */
  static async at(stage: Stage): Promise<{ staged: StagedDownload; job: DownloadJob; downloads: Downloads }> {
    const staged = new StagedDownload(stage);
    const job = await staged.downloads.order({ id: described().hashes.root });
    const isThere = () => job.state === STATE_OF_STAGE[stage] && (!HOLDING.has(stage) || staged.held.length > 0);
    await staged.until(isThere);
    return { staged, job, downloads: staged.downloads };
  }

  /** Nothing is held up any more. */
  release(): void {
    this.isHeld = false;
    for (const go of this.held.splice(0)) go();
  }

  async until(is: () => boolean): Promise<void> {
    const giveUpAt = performance.now() + LIMIT_MS;
    while (!is() && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** Ends what is left of the download. */
  stop(): void {
    this.release();
    this.downloads.stop();
  }

  private async hold(stage: Stage): Promise<void> {
    if (this.isHeld && this.stage === stage) await new Promise<void>((resolve) => this.held.push(resolve));
  }

  /** A disk that is slow, or full, where the stage wants it. */
  private slow(pieces: DocumentPieces): DocumentPieces {
    const { write, read, finish } = pieces;
    return Object.assign(pieces, {
      write: async (piece: number, bytes: Uint8Array) => {
        if (this.isHeld && this.stage === 'waiting') throw new PageSwarmError('STORE_FULL', 'There is no space left');
        // The md5 of what comes in order needs no disk; the last piece first makes it read back.
        await write.call(pieces, piece, bytes);
      },
      read: async (offset: number, length: number) => {
        await this.hold('verifying');
        return read.call(pieces, offset, length);
      },
      finish: async () => {
        await this.hold('finishing');
        await finish.call(pieces);
      },
    });
  }

  private connections(metainfo: Uint8Array): SwarmClientPool {
    const client = {
      remote: { peerId: PEER },
      connect: async () => undefined,
      // The first probe is for the metainfo, three pings each.
      ping: async () => {
        if (++this.probes > 3) await this.hold('probing');
        return 1;
      },
      bytes: async (pattern: string, { pieces }: { pieces: IndexRange[] }) =>
        pattern === PEER_PATTERNS.metainfo
          ? { head: { bytes: metainfo.length }, body: [metainfo] }
          : { head: { pieces }, body: this.body(pieces) },
    };
    return { get: () => client } as unknown as SwarmClientPool;
  }

  private async *body(ranges: readonly IndexRange[]): AsyncGenerator<Uint8Array> {
    const { pieceLength } = described().hashes;
    for (const [index, piece] of [...indexesOf(ranges)].entries()) {
      if (index === 1) await this.hold('downloading');
      yield BYTES.subarray(piece * pieceLength, piece * pieceLength + pieceSize(piece, BYTES.length, pieceLength));
    }
  }
}

/** Stages in which something waits to be released. */
const HOLDING: ReadonlySet<Stage> = new Set(['searching', 'opening', 'probing', 'downloading', 'verifying', 'finishing']);
const LOGGER = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });

function described() {
  const hashes = new DocumentHasher(BYTES.length).update(BYTES).finish();
  const { size, pieceLength, root, pieceLayer, v1Pieces } = hashes;
  return { hashes, metainfo: { name: 'x.pdf', size, pieceLength, root, pieceLayer, v1Pieces } };
}
