import type { FinishEstimate } from './finish-estimate.ts';
import type { Host } from './host.ts';
import type { EngineLimits } from './limits.ts';
import type { PieceRequest, RequestLedger } from './request-ledger.ts';
import { bytesToMove } from './stealing.ts';

export interface TakeOver {
  /** Pieces that the helper is to be asked for, the most urgent first. */
  readonly pieces: readonly number[];
  /** Requests of the slower host that it has not begun: taking them back costs no duplicate bytes. */
  readonly revoked: readonly PieceRequest[];
}

interface EndgameView {
  readonly hosts: readonly Host[];
  readonly ledger: RequestLedger;
  readonly estimate: FinishEstimate;
  readonly limits: Pick<EngineLimits, 'endgameFactor' | 'endgameMinGainMs' | 'maxRequestPieces' | 'maxRequestBytes'>;
  /** Nothing is left to ask for the first time. */
  readonly nothingOpen: boolean;
  /** Nothing of what is left to ask for the first time is at the helper. */
  readonly nothingForHelper: boolean;
  /** True if the helper has the piece. */
  holds(piece: number): boolean;
  bytesOf(piece: number): number;
}

/** A host that is late by this much may have its pieces asked of others while there is other work, in ms. */
const SILENT_MS = 500;

/**
 * What a host with nothing left to do takes over of what others were asked for: the end of the list of a host that would finish last,
 * only if that host needs more than `endgameFactor` times as long as the helper would for all of it. Equally fast hosts never take over.
 */
export function takeOver(helper: Host, view: EndgameView, now: number): TakeOver | undefined {
  const { hosts, ledger, estimate, limits } = view;
  // What the slowest is asked for may be at nobody else, or on its way from elsewhere already: then it is the turn of the next.
  for (const { host: victim, ms } of byDelivery(helper, hosts, ledger, estimate, now)) {
    const load = ledger.bytesOf(victim.index);
    const helperMs = estimate.deliveryMs(helper, load, now);
    if (ms <= limits.endgameFactor * helperMs || ms - helperMs < limits.endgameMinGainMs) continue;
    const move = bytesToMove(
      { load, pace: (load * 1_000) / ms },
      { load: ledger.bytesOf(helper.index), pace: estimate.promise(helper, now), latencyMs: helper.latencyMs ?? 0 },
    );
    // As long as there is something to ask for the first time, the link of the receiver is not wasted on what may come twice.
    const mayRepeat = view.nothingOpen || (view.nothingForHelper && estimate.silenceMs(victim, now) >= SILENT_MS);
    const isSilent = ({ host }: PieceRequest) => host !== helper.index && estimate.silenceMs(hosts[host] as Host, now) >= SILENT_MS;
    const found = collect([...ledger.of(victim.index)], Math.min(move, limits.maxRequestBytes), mayRepeat, isSilent, view);
    if (found) return found;
  }
  return undefined;
}

/** Hosts other than the helper that owe something, the last to deliver first. */
function byDelivery(
  helper: Host,
  hosts: readonly Host[],
  ledger: RequestLedger,
  estimate: FinishEstimate,
  now: number,
): { readonly host: Host; readonly ms: number }[] {
  const owing: { readonly host: Host; readonly ms: number }[] = [];
  for (const host of hosts) {
    const bytes = ledger.bytesOf(host.index);
    if (host === helper || bytes === 0 || estimate.isUntried(host, now)) continue;
    owing.push({ host, ms: estimate.owedMs(host, bytes, now) });
  }
  return owing.sort((a, b) => b.ms - a.ms);
}

/** From the newest request back, from its end forward; a host sends in the order asked, so these would come last. */
function collect(
  requests: readonly PieceRequest[],
  bytes: number,
  mayRepeat: boolean,
  isSilent: (request: PieceRequest) => boolean,
  view: EndgameView,
): TakeOver | undefined {
  const { ledger, limits } = view;
  const pieces: number[] = [];
  const revoked: PieceRequest[] = [];
  let sum = 0;
  for (let age = requests.length - 1; age >= 0 && sum < bytes; age--) {
    const request = requests[age] as PieceRequest;
    const before = pieces.length;
    const untouched = age > 0 && !request.begun;
    if (!untouched && !mayRepeat) continue;
    for (let at = request.pieces.length - 1; at >= 0 && sum < bytes && pieces.length < limits.maxRequestPieces; at--) {
      const piece = request.pieces[at] as number;
      if (!ledger.isPending(request, piece) || !view.holds(piece)) continue;
      // Hosts that went away together may be asked for the same: whoever has not begun makes room for one that lives.
      const [again] = ledger.askedOf(piece).filter((other) => other !== request);
      if (again && (again.begun || !isSilent(again))) continue;
      if (again && !revoked.includes(again)) revoked.push(again);
      pieces.push(piece);
      sum += view.bytesOf(piece);
    }
    if (pieces.length > before && untouched) revoked.push(request);
  }
  return pieces.length > 0 ? { pieces: pieces.reverse(), revoked } : undefined;
}
