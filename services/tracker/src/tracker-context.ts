import type { TrackerConfig } from '@pageswarm/config';
import type { Logger } from '@pageswarm/observability';
import type { Clock } from '@pageswarm/primitives';
import type { NodeIdentity } from '@pageswarm/transport';

/** What every part of one tracker shares. */
export class TrackerContext {
  /** Milliseconds since 1970. */
  readonly startedAt: number;

  constructor(
    readonly config: TrackerConfig,
    readonly identity: NodeIdentity,
    readonly clock: Clock,
    readonly logger: Logger,
  ) {
    this.startedAt = clock.now();
  }
}
