import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@pageswarm/observability';
import { type Clock, errorShape } from '@pageswarm/primitives';
import { forgetRotten, isSound } from '../downloads/file-verifier.ts';
import type { Library } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import type { ScrubMeter } from './scrub-meter.ts';

/** How much is checked before the next rest, in bytes. */
export const SCRUB_STEP_BYTES = 1_048_576;
/** Rest between the end of one pass over all documents and the next, in milliseconds. */
export const SCRUB_PASS_PAUSE_MS = 3_600_000;

export interface ScrubberOptions {
  readonly library: Library;
  /** Fetches what a document lost from the swarm. */
  readonly repair: (document: LocalDocument) => Promise<void>;
  /** 0 is never. */
  readonly bytesPerSecond: number;
  readonly clock: Clock;
  readonly meter: ScrubMeter;
  readonly logger: Logger;
}

/**
 * Reads stored documents again, slowly and for ever: disks lose bits without a word. A rotten piece is forgotten, so that nobody
 * gets it, and fetched again from the swarm.
 */
export class Scrubber {
  private readonly ending = new AbortController();
  private checkedBytes = 0;
  private rottenPieces = 0;
  private lastPassAt: number | undefined;

  constructor(private readonly options: ScrubberOptions) {}

  get status() {
    return {
      bytesPerSecond: this.options.bytesPerSecond,
      checkedBytes: this.checkedBytes,
      rottenPieces: this.rottenPieces,
      lastPassAt: this.lastPassAt === undefined ? null : new Date(this.lastPassAt).toISOString(),
    };
  }

  start(): void {
    if (this.options.bytesPerSecond > 0) void this.run();
  }

  stop(): void {
    this.ending.abort();
  }

  private async run(): Promise<void> {
    while (!this.ending.signal.aborted) {
      await this.pass();
      await this.rest(SCRUB_PASS_PAUSE_MS);
    }
  }

  /** Checks every complete document once, and tries again to repair what is still damaged. */
  async pass(): Promise<void> {
    const { library, repair, logger } = this.options;
    for (const document of library.list()) {
      if (this.ending.signal.aborted) return;
      try {
        if (document.complete) await this.check(document);
        if (document.damaged) await repair(document);
      } catch (error) {
        if (this.ending.signal.aborted || library.find(document.id) !== document) continue;
        this.options.meter.failed();
        const { code, detail } = errorShape(error);
        logger.error({ documentId: document.id, name: document.record.name, code }, `a stored document cannot be checked: ${detail}`);
      }
    }
    this.lastPassAt = this.options.clock.now();
  }

  private async check(document: LocalDocument): Promise<void> {
    let unrested = 0;
    for (let piece = 0; piece < document.have.size; piece++) {
      if (this.ending.signal.aborted) return;
      const sound = await isSound(document, piece);
      const bytes = document.sizeOfPiece(piece);
      this.checkedBytes += bytes;
      this.options.meter.checked(bytes);
      // One rotten piece is reason to look at all others at once, so that one repair is enough.
      if (!sound) return this.damaged(document, 1 + (await forgetRotten(document)));
      unrested += bytes;
      if (unrested < SCRUB_STEP_BYTES) continue;
      await this.rest((unrested / this.options.bytesPerSecond) * 1_000);
      unrested = 0;
    }
    await this.rest((unrested / this.options.bytesPerSecond) * 1_000);
  }

  private async damaged(document: LocalDocument, pieces: number): Promise<void> {
    this.rottenPieces += pieces;
    this.options.meter.rotten(pieces);
    const { id: documentId, name } = document.record;
    this.options.logger.warn({ documentId, name, pieces }, 'pieces changed on the disk; they are fetched again from the swarm');
    await this.options.library.markDamaged(document);
  }

  private async rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.ending.signal, ref: false }).catch(() => undefined);
  }
}
