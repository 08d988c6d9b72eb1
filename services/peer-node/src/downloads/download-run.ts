import { type DownloadCommand, type DownloadEvent, type DownloadSpec, type DownloadStatus, Download as Engine } from '@pageswarm/engine';
import type { Logger } from '@pageswarm/observability';
import { Bitfield, type Clock, type ErrorShape, errorShape, type IndexRange, isPageSwarmError, type PeerId } from '@pageswarm/primitives';
import type { SwarmClientPool } from '@pageswarm/transport';
import type { Bandwidth } from '../bandwidth/bandwidth.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { isStoreError } from '../library/store-error.ts';
import type { DownloadMeter } from './download-meter.ts';
import { forgetRotten } from './file-verifier.ts';
import { HostConnection } from './host-connection.ts';
import type { HostDirectory } from './host-directory.ts';
import { PieceReceiver } from './piece-receiver.ts';
import { PieceVerifier } from './piece-verifier.ts';
import { type PieceHolder, PieceWitness } from './piece-witness.ts';
import { type FileDigests, RunningDigests } from './running-digests.ts';

/** The longest sleep that a timer can be asked for, in milliseconds. */
const MAX_SLEEP_MS = 2 ** 31 - 1;

export interface DownloadRunOptions {
  readonly document: LocalDocument;
  readonly spec: DownloadSpec;
  readonly hostSearchMs: number;
  readonly hosts: HostDirectory;
  readonly connections: SwarmClientPool;
  readonly clock: Clock;
  readonly meter: DownloadMeter;
  readonly bandwidth: Bandwidth;
  readonly logger: Logger;
  /** Called after anything changed. */
  readonly changed: () => void;
  /** Called once, when the file is whole and its md5 was compared; null when only some pages were wanted. */
  readonly finished: (digests: FileDigests | null) => void;
}

/**
 * Does what the engine commands: looks for hosts, probes, asks for pieces, verifies, stores; and tells it what happened.
 * All decisions are the engine's.
 */
export class DownloadRun {
  private readonly engine: Engine;
  private readonly hosts = new Map<PeerId, HostConnection>();
  private readonly requests = new Map<number, AbortController>();
  private readonly watches = new Map<PeerId, AbortController>();
  private readonly verifier: PieceVerifier;
  private readonly receiver: PieceReceiver;
  private readonly witness: PieceWitness;
  private runningDigests: RunningDigests;
  private timer: NodeJS.Timeout | undefined;
  private fileDigests: FileDigests | null = null;
  /** Set while the finished file cannot be read, of which the engine knows nothing. */
  private readError: ErrorShape | undefined;
  private over = false;

  constructor(private readonly options: DownloadRunOptions) {
    const { spec, document, hostSearchMs } = options;
    this.engine = new Engine(spec, Bitfield.fromRanges(document.have.toRanges(), document.have.size), { hostSearchWindowMs: hostSearchMs });
    this.witness = new PieceWitness(document.have.size);
    this.runningDigests = new RunningDigests(document);
    this.verifier = new PieceVerifier(document, options.logger);
    this.receiver = new PieceReceiver(
      document,
      this.verifier,
      options.meter,
      options.bandwidth,
      () => this.runningDigests,
      (event) => this.apply(event),
    );
  }

  get document(): LocalDocument {
    return this.options.document;
  }

  get state(): DownloadStatus['state'] {
    return this.engine.currentState;
  }

  status(): DownloadStatus {
    return this.engine.status(this.options.clock.monotonic());
  }

  /** Why it paused or failed. */
  get error(): ErrorShape | undefined {
    if (this.readError) return this.readError;
    // The whole status costs far more than this question, and a running download has no error.
    return this.state === 'paused' || this.state === 'failed' ? this.status().error : undefined;
  }

  /** Those of the finished file, once it was read. */
  get digests(): FileDigests | null {
    return this.fileDigests;
  }

  /** Tells the engine what happened and does what it commands. */
  apply(event: DownloadEvent): void {
    if (this.over) return;
    if (event.type === 'resume') this.readError = undefined;
    for (const command of this.engine.apply(event, this.options.clock.monotonic())) this.execute(command);
    this.options.changed();
  }

  demand(pieces: readonly IndexRange[]): () => void {
    this.apply({ type: 'demand', pieces });
    return () => this.apply({ type: 'demand-over', pieces });
  }

  /** Hosts that were seen with any of these pieces, also those that are gone. */
  holdersOf(pieces: readonly IndexRange[]): PieceHolder[] {
    return this.witness.holdersOf(pieces);
  }

  /** Ends everything at once; nothing is told to the engine any more. */
  destroy(): void {
    this.over = true;
    this.runningDigests.close();
    this.release();
  }

  private execute(command: DownloadCommand): void {
    switch (command.type) {
      case 'find-hosts':
        void this.findHosts();
        break;
      case 'probe':
        void this.probe(command.peerId, command.address);
        break;
      case 'request':
        void this.request(command.requestId, command.peerId, command.pieces);
        break;
      case 'cancel-request':
        this.requests.get(command.requestId)?.abort();
        break;
      case 'drop-host':
        this.drop(command.peerId);
        break;
      case 'ban':
        this.options.meter.banned();
        this.options.logger.warn(
          { documentId: this.document.id, peerId: command.peerId, piece: command.piece },
          `banned: ${command.detail}`,
        );
        this.drop(command.peerId);
        break;
      case 'verify-file':
        void this.verifyFile();
        break;
      case 'wake-at':
        this.wakeAt(command.at);
        break;
      case 'done':
        this.release();
        this.options.finished(this.fileDigests);
        break;
      case 'failed':
      case 'paused':
        this.options.logger.info(
          { documentId: this.document.id, code: command.code },
          `download ${command.type}${command.detail ? `: ${command.detail}` : ''}`,
        );
        this.release();
        break;
    }
  }

  private async findHosts(): Promise<void> {
    try {
      const found = await this.options.hosts.hostsOf(this.document.id);
      const total = this.document.have.size;
      // What a partial host has is learnt from itself, after the probe.
      const hosts = found.map(({ peerId, address, complete }) => ({
        peerId,
        address,
        pieces: complete ? ('all' as const) : new Bitfield(total),
      }));
      for (const { peerId, address, pieces } of hosts) {
        this.remember(peerId, address);
        this.witness.found(peerId, address, pieces === 'all');
      }
      this.apply({ type: 'hosts-found', hosts });
      for (const { peerId, pieces } of hosts) if (pieces !== 'all') this.watch(peerId);
    } catch (error) {
      this.apply({ type: 'hosts-lookup-failed', ...errorShape(error) });
    }
  }

  private remember(peerId: PeerId, address: string): void {
    if (this.hosts.get(peerId)?.address !== address) this.hosts.set(peerId, new HostConnection(peerId, address, this.options.connections));
  }

  private async probe(peerId: PeerId, address: string): Promise<void> {
    this.remember(peerId, address);
    try {
      const latencyMs = await (this.hosts.get(peerId) as HostConnection).probe();
      this.apply({ type: 'probed', peerId, latencyMs });
    } catch (error) {
      this.apply({ type: 'probed', peerId, latencyMs: null, detail: errorShape(error).detail });
    }
  }

  /** Follows what a partial host has, for as long as it and this download live. */
  private watch(peerId: PeerId): void {
    const host = this.hosts.get(peerId);
    if (!host || this.watches.has(peerId) || this.over) return;
    const abort = new AbortController();
    this.watches.set(peerId, abort);
    const follow = async (): Promise<void> => {
      for await (const pieces of host.watch(this.document.id, abort.signal)) {
        this.witness.has(peerId, pieces);
        this.apply({ type: 'have', peerId, pieces });
      }
    };
    follow()
      .catch((error) => this.options.logger.debug({ code: errorShape(error).code, peerId }, 'a partial host is not followed any more'))
      .finally(() => {
        if (this.watches.get(peerId) === abort) this.watches.delete(peerId);
      });
  }

  private async request(requestId: number, peerId: PeerId, pieces: readonly number[]): Promise<void> {
    const abort = new AbortController();
    this.requests.set(requestId, abort);
    try {
      const { head, body } = await (this.hosts.get(peerId) as HostConnection).pieces(this.document.id, pieces, abort.signal);
      const whole = await this.receiver.receive({ requestId, peerId, asked: pieces, head, body, signal: abort.signal });
      this.apply({ type: 'request-ended', requestId, peerId, outcome: whole ? 'complete' : 'refused' });
    } catch (error) {
      if (!abort.signal.aborted) this.requestFailed(requestId, peerId, error);
    } finally {
      this.requests.delete(requestId);
    }
  }

  private requestFailed(requestId: number, peerId: PeerId, error: unknown): void {
    const { code, detail } = errorShape(error);
    if (!isPageSwarmError(error)) this.options.logger.error({ err: error, peerId }, 'a request failed in an unexpected way');
    const gone = code.startsWith('CONNECTION_') || code === 'GOING_AWAY';
    const refused = code === 'DOCUMENT_NOT_FOUND' || code === 'PIECE_NOT_HERE';
    this.apply({ type: 'request-ended', requestId, peerId, outcome: refused ? 'refused' : 'failed', code, detail });
    if (gone) this.apply({ type: 'host-lost', peerId, code, detail });
  }

  private drop(peerId: PeerId): void {
    this.watches.get(peerId)?.abort();
    this.watches.delete(peerId);
  }

  private async verifyFile(): Promise<void> {
    try {
      const running = this.runningDigests;
      this.runningDigests = new RunningDigests(this.document);
      const digests = await running.finish();
      const { md5 } = digests;
      this.fileDigests = digests;
      const rotten = md5 === this.document.record.md5 ? 0 : await forgetRotten(this.document);
      this.apply({ type: 'file-verified', md5, ok: rotten === 0, detail: rotten > 0 ? `${rotten} pieces changed on the disk` : undefined });
    } catch (error) {
      this.cannotVerify(errorShape(error));
    }
  }

  /** A disk that cannot be read now says nothing about the document: it is verified again when the download goes on. */
  private cannotVerify({ code, detail }: ErrorShape): void {
    if (isStoreError(code)) {
      this.readError = { code, detail };
      this.apply({ type: 'pause' });
    } else this.apply({ type: 'file-verified', md5: '', ok: false, detail });
  }

  private wakeAt(at: number): void {
    clearTimeout(this.timer);
    const sleepMs = Math.min(Math.max(0, Math.ceil(at - this.options.clock.monotonic())), MAX_SLEEP_MS);
    this.timer = setTimeout(() => this.apply({ type: 'tick' }), sleepMs);
  }

  private release(): void {
    clearTimeout(this.timer);
    this.verifier.close();
    for (const abort of [...this.requests.values(), ...this.watches.values()]) abort.abort();
    this.watches.clear();
  }
}
