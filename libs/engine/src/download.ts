import { type Bitfield, type ErrorCode, type ErrorShape, formatPageRanges, PageSwarmError, pieceCount } from '@pageswarm/primitives';
import { CommandQueue, type DownloadCommand, type DownloadEvent, type HostOffer } from './download-events.ts';
import type { DownloadSpec } from './download-spec.ts';
import { type DownloadState, type DownloadStatus, describeDownload, describeStall } from './download-status.ts';
import type { Host } from './host.ts';
import { HostSearch } from './host-search.ts';
import { checkInvariants } from './invariants.ts';
import { DEFAULT_ENGINE_LIMITS, type EngineLimits } from './limits.ts';
import { Transfer } from './transfer.ts';

/** So many of the hosts that had what is missing are named when a download fails. */
const NAMED_HOSTS = 3;

/**
 * One download as a state machine: events in, commands out, time as an argument. It sends nothing, writes nothing and sets no timer.
 *
 * queued -> probing (looking for hosts) -> downloading -> verifying -> done; paused and failed keep the verified pieces and can be resumed.
 * Events that come late, in a state that does not expect them, are taken for what they are worth or ignored; none throws.
 */
export class Download {
  private state: DownloadState = 'queued';
  private error: ErrorShape | undefined;
  private cancelled = false;
  private probesEndAt = Number.POSITIVE_INFINITY;
  private wakeAt = Number.NEGATIVE_INFINITY;
  private readonly limits: EngineLimits;
  private readonly commands = new CommandQueue();
  private readonly transfer: Transfer;
  private readonly search: HostSearch;

  /**
   * @param have pieces that are stored and verified; copied
   * @throws PageSwarmError INVALID_REQUEST if the spec contradicts itself
   */
  constructor(spec: DownloadSpec, have: Bitfield, limits: Partial<EngineLimits> = {}) {
    verifySpec(spec, have);
    this.limits = { ...DEFAULT_ENGINE_LIMITS, ...limits };
    this.transfer = new Transfer(spec, have, this.limits, this.commands);
    this.search = new HostSearch(this.limits);
  }

  /** Applies one event. @param now monotonic ms, never less than before */
  apply(event: DownloadEvent, now: number): DownloadCommand[] {
    if (!this.cancelled) {
      this.take(event, now);
      if (this.isRunning()) this.proceed(now);
    }
    return this.commands.drain();
  }

  /** The state alone, which costs nothing. */
  get currentState(): DownloadState {
    return this.state;
  }

  status(now: number): DownloadStatus {
    return describeDownload(this.transfer, this.state, this.error, now);
  }

  /** For simulations: recounts what is kept as running sums. @throws Error with a sentence when an invariant does not hold */
  checkInvariants(): void {
    checkInvariants(this.transfer, this.state);
  }

  private take(event: DownloadEvent, now: number): void {
    const { transfer } = this;
    switch (event.type) {
      case 'start':
        if (this.state === 'queued') this.begin(now);
        return;
      case 'resume':
        if (this.state === 'paused' || this.state === 'failed') this.begin(now);
        return;
      case 'pause':
        if (this.state !== 'done' && this.state !== 'failed' && this.state !== 'paused') this.pause(undefined, now);
        return;
      case 'cancel':
        this.stop('the download was cancelled', now);
        this.cancelled = true;
        this.fail('CANCELLED', 'The download was cancelled', now);
        return;
      case 'hosts-found':
        if (this.isRunning()) this.hostsFound(event.hosts, now);
        return;
      case 'hosts-lookup-failed':
        if (this.isRunning()) this.search.answered(now, { code: event.code, detail: event.detail });
        return;
      case 'probed':
        if (this.isRunning()) this.probed(event, now);
        return;
      case 'have': {
        const host = transfer.hosts.get(event.peerId);
        if (host) transfer.gained(host, event.pieces, now);
        return;
      }
      case 'request-begun':
        transfer.begun(event);
        return;
      case 'piece-arrived':
        transfer.arrived(event, now);
        return;
      case 'piece-stored':
        if (transfer.stored(event.piece, now) && this.isRunning() && transfer.book.complete) this.verify(now);
        return;
      case 'store-failed':
        transfer.storeFailed(event.piece, now);
        if (this.isRunning()) this.pause({ code: event.code, detail: event.detail }, now);
        return;
      case 'request-ended':
        transfer.requestEnded(event, now);
        return;
      case 'host-lost': {
        const host = transfer.hosts.get(event.peerId);
        if (host?.phase === 'live' || host?.phase === 'probing') transfer.leave(host, 'lost', event.detail, now);
        return;
      }
      case 'demand':
        this.demand(event, now);
        return;
      case 'demand-over':
        transfer.demandOver(event.pieces, now);
        return;
      case 'tick':
        // The alarm has rung, be it a fraction of a millisecond early, as timers do: without a new one nothing would wake this download again.
        this.wakeAt = Number.NEGATIVE_INFINITY;
        if (this.isRunning()) this.tick(now);
        return;
      case 'file-verified':
        if (this.state === 'verifying') this.fileVerified(event, now);
        return;
    }
  }

  // Steps

  private begin(now: number): void {
    this.error = undefined;
    if (this.transfer.book.complete) {
      this.verify(now);
      return;
    }
    this.state = 'probing';
    this.transfer.progressAt = now;
    this.search.urge(now);
    for (const host of this.transfer.hosts.all()) if (host.phase === 'parked') this.probe(host, now);
  }

  private hostsFound(offers: readonly HostOffer[], now: number): void {
    this.search.answered(now);
    for (const offer of offers) {
      const verdict = this.transfer.hosts.offer(offer, now);
      const host = this.transfer.hosts.get(offer.peerId);
      if (verdict === 'probe' && host) this.probe(host, now);
      else if (verdict === 'known' && host && this.state === 'downloading') this.transfer.offerChanged(host, now);
    }
  }

  private probe(host: Host, now: number): void {
    if (!this.transfer.hosts.has('probing')) this.probesEndAt = now + this.limits.probeWindowMs;
    host.phase = 'probing';
    host.detail = undefined;
    host.probeSentAt = now;
    this.commands.push({ type: 'probe', peerId: host.peerId, address: host.address });
  }

  private probed({ peerId, latencyMs, detail }: Extract<DownloadEvent, { type: 'probed' }>, now: number): void {
    const host = this.transfer.hosts.get(peerId);
    if (host?.phase !== 'probing') return;
    if (latencyMs === null || !(latencyMs >= 0)) {
      host.phase = 'dead';
      host.detail = detail ?? 'it did not answer';
      return;
    }
    host.phase = 'live';
    host.latencyMs = latencyMs;
    host.detail = undefined;
    if (this.state === 'downloading') this.transfer.join(host, now);
  }

  private demand(event: Extract<DownloadEvent, { type: 'demand' }>, now: number): void {
    this.transfer.demand(event.pieces, now);
    // A download of some pages that is done goes on when a reader wants another page.
    if (this.state === 'done' && !this.transfer.book.complete) this.begin(now);
  }

  private tick(now: number): void {
    for (const host of this.transfer.hosts.all())
      if (host.phase === 'probing' && now - host.probeSentAt >= this.limits.probeTimeoutMs) {
        host.phase = 'dead';
        host.detail = 'it did not answer in time';
      }
    if (this.state === 'downloading') this.transfer.tick(now);
  }

  /** After every event of a running download: open it, look for hosts, give up, set the alarm. */
  private proceed(now: number): void {
    const { hosts } = this.transfer;
    const alive = hosts.has('live');
    const probing = hosts.has('probing');
    if (this.state === 'downloading' && !alive) this.state = 'probing';
    if (this.state === 'probing' && alive && (!probing || now >= this.probesEndAt)) {
      this.state = 'downloading';
      this.transfer.open(now);
    }
    this.search.hasHosts(alive || probing, now);
    if (alive && !this.transfer.isStarved()) this.search.relax();
    else if (!probing) this.search.urge(now);
    if (this.search.take(now)) this.commands.push({ type: 'find-hosts' });
    if (this.search.isHopeless(now)) this.giveUp('No host is left', now);
    else if (alive && this.isStarving(now)) this.giveUp('No host sends what is missing', now);
    else this.setAlarm(now);
  }

  private isStarving(now: number): boolean {
    return (
      this.state === 'downloading' &&
      this.transfer.book.missingBytes > 0 &&
      this.transfer.book.unstoredBytes < this.limits.maxUnstoredBytes &&
      now - this.transfer.progressAt >= this.limits.starvationWindowMs
    );
  }

  private setAlarm(now: number): void {
    const { dueAt } = this.transfer;
    const latest = Math.min(now + this.limits.heartbeatMs, dueAt > now ? dueAt : Number.POSITIVE_INFINITY);
    if (this.wakeAt > now && this.wakeAt <= latest) return;
    this.wakeAt = latest;
    this.commands.push({ type: 'wake-at', at: this.wakeAt });
  }

  // Ends

  private verify(now: number): void {
    this.stop('everything is here', now);
    if (!this.transfer.book.stored.isFull) {
      this.state = 'done';
      this.commands.push({ type: 'done' });
      return;
    }
    this.state = 'verifying';
    this.commands.push({ type: 'verify-file' });
  }

  private fileVerified({ ok, md5, detail }: Extract<DownloadEvent, { type: 'file-verified' }>, now: number): void {
    if (!ok) {
      this.fail('DOCUMENT_CORRUPT', detail ?? `The file as a whole has md5 ${md5}, another one was expected`, now);
      return;
    }
    this.state = 'done';
    this.commands.push({ type: 'done' });
  }

  private pause(error: ErrorShape | undefined, now: number): void {
    this.stop(error?.detail ?? 'the download was paused', now);
    this.state = 'paused';
    this.error = error;
    this.commands.push({ type: 'paused', ...error });
  }

  private giveUp(why: string, now: number): void {
    const { book, readiness } = this.transfer;
    const { missingPages: pages, lastSeenHosts } = describeStall(this.transfer);
    const last = lastSeenHosts.slice(-NAMED_HOSTS).map(({ address, detail }) => `${address}${detail ? ` (${detail})` : ''}`);
    const parts = [
      `${why}: ${readiness.total - readiness.ready} of ${readiness.total} pages`,
      pages.length > 0 ? ` (${formatPageRanges(pages.slice(0, 5))}${pages.length > 5 ? ',...' : ''})` : '',
      ` and ${book.wantedCount - book.storedWantedCount} of ${book.wantedCount} pieces are missing`,
      last.length > 0 ? `; ${last.join(', ')} had them last` : '',
      this.search.failure ? `; the last search for hosts failed: ${this.search.failure.detail}` : '',
    ];
    this.stop(why, now);
    this.fail('NO_HOSTS', parts.join(''), now);
  }

  private fail(code: ErrorCode, detail: string, now: number): void {
    this.stop(detail, now);
    this.state = 'failed';
    this.error = { code, detail };
    this.commands.push({ type: 'failed', code, detail });
  }

  /** Takes all requests back and lets the hosts be. */
  private stop(reason: string, now: number): void {
    this.transfer.halt(reason, now);
    this.search.stop();
    this.wakeAt = Number.NEGATIVE_INFINITY;
  }

  private isRunning(): boolean {
    return this.state === 'probing' || this.state === 'downloading';
  }
}

function verifySpec(spec: DownloadSpec, have: Bitfield): void {
  const pieces = pieceCount(spec.size, spec.pieceLength);
  const wrong =
    spec.pieceOwners.length !== pieces
      ? `${spec.pieceOwners.length} owners`
      : have.size !== pieces
        ? `a bitfield of ${have.size}`
        : spec.wantedPieces && spec.wantedPieces.size !== pieces
          ? `${spec.wantedPieces.size} wanted pieces`
          : undefined;
  if (wrong) throw new PageSwarmError('INVALID_REQUEST', `A document of ${pieces} pieces cannot have ${wrong}`);
}
