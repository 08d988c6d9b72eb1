import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '@pageswarm/observability';
import { type Clock, PageSwarmError } from '@pageswarm/primitives';
import type { SnapshotKind } from './snapshot-store.ts';

/**
 * For how long nothing of a copy may come, once some of it has, in milliseconds. Then the tracker serves without the rest
 * and goes on reading with the next step of its snapshot.
 */
export const RESTORE_PATIENCE_MS = 30_000;
/** The pause before what failed is tried again, in milliseconds. */
export const RESTORE_RETRY_MS = 200;

/** Reads a copy from where it stood. What fails is tried again, so that it is either in as a whole or known to be on its way. */
export class CopyReader {
  /** How many entries have come. */
  entries = 0;
  /** Why nothing comes at this moment. */
  obstacle: string | undefined;
  private isAbandoned = false;
  private progressAt: number;

  /** @param paused called before what failed is tried again */
  constructor(
    private readonly clock: Clock,
    private readonly logger: Logger,
    private readonly paused: () => void,
  ) {
    this.progressAt = clock.monotonic();
  }

  /** Nothing more is waited for. */
  abandon(): void {
    this.isAbandoned = true;
  }

  /** @throws PageSwarmError GOING_AWAY when it was abandoned */
  demandWanted(): void {
    if (this.isAbandoned) throw new PageSwarmError('GOING_AWAY', 'This tracker ends before its copy is read');
  }

  /** So many entries more are in. */
  progress(entries: number): void {
    this.entries += entries;
    this.progressAt = this.clock.monotonic();
    this.obstacle = undefined;
  }

  /**
   * Reads what is still to come of a kind.
   * @param load goes on where it stood
   * @param mayPass whether what failed like this may succeed a moment later
   * @param take tells {@link progress} of what it took
   * @throws what loading throws if it cannot pass, or nothing came for {@link RESTORE_PATIENCE_MS}, or nothing at all yet
   */
  async readAll<Some>(
    kind: SnapshotKind,
    load: () => AsyncIterable<Some>,
    mayPass: (error: unknown) => boolean,
    take: (some: Some) => Promise<void>,
  ): Promise<void> {
    for (;;)
      try {
        for await (const some of load()) await take(some);
        return;
      } catch (error) {
        const silentMs = this.clock.monotonic() - this.progressAt;
        this.obstacle = error instanceof Error ? error.message : String((error as Error)?.message ?? error);
        if (this.isAbandoned || this.entries === 0 || silentMs >= RESTORE_PATIENCE_MS || !mayPass(error)) {
          this.progressAt = this.clock.monotonic();
          throw error;
        }
        this.logger.warn({ err: error, kind, entries: this.entries }, 'the copy stopped coming; reading goes on where it stood');
        this.paused();
        await sleep(RESTORE_RETRY_MS);
      }
  }
}
