import type { PeerId, Random } from '@pageswarm/primitives';
import type { FinishEstimate } from '../finish-estimate.ts';
import type { Host } from '../host.ts';
import type { HostQueues } from '../host-queues.ts';
import type { HostTable } from '../host-table.ts';
import type { EngineLimits } from '../limits.ts';
import type { PageReadiness } from '../page-readiness.ts';
import type { PieceBook } from '../piece-book.ts';
import type { PieceOrder } from '../piece-order.ts';
import type { PickBudget, PiecePicker } from '../piece-picker.ts';

/** Chooses which pieces to ask of which host. Asking, pacing, failures and demand are the same for all strategies. */
export interface Strategy {
  /** True if hosts take over each other's work, so that a slow one may be relieved near the end. */
  readonly sharesWork: boolean;
  /** The download begins, or begins again: the hosts that are alive, in rank order. */
  opened(hosts: readonly Host[]): void;
  /** A host became alive while the download runs. */
  joined(host: Host): void;
  /** A host is gone; its pieces, asked for or planned, come through {@link released} next. */
  left(): void;
  /** A host got more pieces, or turned out to have fewer. */
  holdingsChanged(host: Host): void;
  /** Pieces are open again, because `host` did not send them. */
  released(pieces: readonly number[], host: Host | undefined, now: number): void;
  /** Pieces are open again because a reader wants others first: the host is to be asked for them next. */
  postponed(pieces: readonly number[], host: Host): void;
  /** Pieces to ask of the host now, in order; none if it has nothing to do. */
  next(host: Host, budget: PickBudget, now: number): readonly number[];
}

/** What strategies decide from. */
export interface StrategyView {
  readonly book: PieceBook;
  readonly picker: PiecePicker;
  readonly queues: HostQueues;
  readonly order: PieceOrder;
  readonly readiness: PageReadiness;
  readonly hosts: HostTable;
  readonly estimate: FinishEstimate;
  readonly limits: EngineLimits;
  readonly random: Random;
  readonly pageCount: number;
  readonly ownPeerId: PeerId | undefined;
}
