import type { DemandList } from './demand-list.ts';
import type { FinishEstimate } from './finish-estimate.ts';
import type { Host } from './host.ts';
import type { EngineLimits } from './limits.ts';
import type { PieceBook } from './piece-book.ts';
import type { PiecePicker } from './piece-picker.ts';
import type { PieceRequest, RequestLedger } from './request-ledger.ts';

interface ReliefView {
  readonly hosts: readonly Host[];
  readonly book: Pick<PieceBook, 'bytesOf'>;
  readonly ledger: RequestLedger;
  readonly estimate: FinishEstimate;
  readonly picker: Pick<PiecePicker, 'holds'>;
  readonly demands: Pick<DemandList, 'has'>;
  readonly limits: Pick<EngineLimits, 'endgameMinGainMs'>;
}

/**
 * What a helper with nothing to do takes off the host that would keep a reader waiting longest: its newest request, if it has not begun it
 * and the helper would bring it well before. At the start every host gets the same part of a page, for nobody knows yet which is slow.
 */
export function demandRelief(helper: Host, view: ReliefView, now: number): PieceRequest | undefined {
  const { ledger, estimate } = view;
  let found: PieceRequest | undefined;
  let most = view.limits.endgameMinGainMs;
  for (const host of view.hosts) {
    const request = host === helper || estimate.isUntried(host, now) ? undefined : newestUntouched(host, ledger);
    const bytes = request && bytesToMove(request, helper, view);
    if (!request || !bytes) continue;
    const gain = estimate.owedMs(host, ledger.bytesOf(host.index), now) - estimate.deliveryMs(helper, bytes, now);
    if (gain < most) continue;
    found = request;
    most = gain;
  }
  return found;
}

/** The request that a host would answer last; none if it has one alone, whose first bytes may be on their way. */
function newestUntouched(host: Host, ledger: RequestLedger): PieceRequest | undefined {
  const [, ...later] = ledger.of(host.index);
  const newest = later.at(-1);
  return newest?.begun ? undefined : newest;
}

/** Bytes that are to come by a request; 0 if no reader waits for them, the helper lacks some, or they come from elsewhere too. */
function bytesToMove(request: PieceRequest, helper: Host, { book, ledger, picker, demands }: ReliefView): number {
  const pending = request.pieces.filter((piece) => ledger.isPending(request, piece));
  const canMove = pending.every((piece) => picker.holds(helper.index, piece) && ledger.timesAsked(piece) === 1);
  if (!canMove || !pending.some((piece) => demands.has(piece))) return 0;
  return pending.reduce((sum, piece) => sum + book.bytesOf(piece), 0);
}
