import {
  type Document,
  type DocumentList,
  DocumentSchema,
  HandoutReplySchema,
  type Host,
  parseMessage,
  type SearchItem,
  SearchItemSchema,
  type SearchRequest,
  TRACKER_PATTERNS,
} from '@pageswarm/contracts';
import type { Logger } from '@pageswarm/observability';
import { type DocumentId, errorShape, isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import type { SwarmClient } from '@pageswarm/transport';
import type { Subscription } from 'rxjs';
import type { HostDirectory } from '../downloads/host-directory.ts';
import type { Library, LibraryChange } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { TRACKER_TIMEOUT_MS, type TrackerSession, type TrackerState } from './tracker-session.ts';

/** How often the trackers hear how far a partial document is, in milliseconds. */
export const PROGRESS_INTERVAL_MS = 1_000;

/** How long a tracker may take to answer while there is another one to ask, in milliseconds. */
export const FAIL_OVER_MS = 1_200;

/** Errors of a tracker that say nothing about the request: another tracker may answer it. */
const TRACKER_IS_AWAY = new Set([
  'CONNECTION_REFUSED',
  'CONNECTION_LOST',
  'CONNECTION_TIMEOUT',
  'DEADLINE_EXCEEDED',
  'GOING_AWAY',
  'HANDSHAKE_FAILED',
  'PROTOCOL_VERSION',
  'PROTOCOL_ERROR',
]);

/** This node's view of the trackers: tells all of them what it has, asks the nearest healthy one. */
export class TrackerLink implements HostDirectory {
  private subscription: Subscription | undefined;
  private progressTimer: NodeJS.Timeout | undefined;
  private readonly told = new Map<DocumentId, number>();

  constructor(
    private readonly sessions: readonly TrackerSession[],
    private readonly library: Library,
    private readonly logger: Logger,
  ) {}

  start(): void {
    this.subscription = this.library.changes.subscribe((change) => void this.tell(change));
    this.progressTimer = setInterval(() => void this.tellProgress(), PROGRESS_INTERVAL_MS);
    this.progressTimer.unref();
    for (const session of this.sessions) session.start();
  }

  async stop(): Promise<void> {
    this.subscription?.unsubscribe();
    clearInterval(this.progressTimer);
    await Promise.all(this.sessions.map((session) => session.stop()));
  }

  state(): TrackerState[] {
    return this.sessions.map((session) => session.state());
  }

  get connected(): boolean {
    return this.sessions.some((session) => session.connected);
  }

  /** Announces one document to every tracker that is there, and waits for their word. */
  async announce(document: LocalDocument): Promise<void> {
    await this.toAll((session) => session.announce([document.announcement()]));
  }

  /** @param hash any hash of the document in hex. @throws PageSwarmError DOCUMENT_NOT_FOUND, TRACKER_UNAVAILABLE */
  async get(hash: string): Promise<Document> {
    return parseMessage(
      DocumentSchema,
      await this.ask((client, timeoutMs) => client.request(TRACKER_PATTERNS.get, { id: hash }, { timeoutMs })),
    );
  }

  /** Hosts to download from, never this node. @throws PageSwarmError DOCUMENT_NOT_FOUND, TRACKER_UNAVAILABLE */
  async hostsOf(id: DocumentId): Promise<Host[]> {
    return parseMessage(
      HandoutReplySchema,
      await this.ask((client, timeoutMs) => client.request(TRACKER_PATTERNS.hosts, { id }, { timeoutMs })),
    ).hosts;
  }

  /** @throws PageSwarmError TRACKER_UNAVAILABLE */
  search(request: SearchRequest): Promise<DocumentList> {
    return this.ask(async (client, timeoutMs) => {
      const items: Document[] = [];
      let nextCursor: string | null = null;
      for await (const item of client.stream<unknown>(TRACKER_PATTERNS.search, request, { timeoutMs })) {
        const found: SearchItem = parseMessage(SearchItemSchema, item);
        if ('document' in found) items.push(found.document);
        else nextCursor = found.nextCursor;
      }
      return { items, nextCursor };
    });
  }

  /** Asks trackers in the order of their nearness until one answers; one that fails is asked last until it is heard again. */
  private async ask<T>(question: (client: SwarmClient, timeoutMs: number) => Promise<T>): Promise<T> {
    const nearest = [...this.sessions].sort((a, b) => rank(a) - rank(b));
    let reason = 'PAGESWARM_TRACKERS names none';
    for (const session of nearest) {
      try {
        return await question(session.client, session === nearest.at(-1) ? TRACKER_TIMEOUT_MS : FAIL_OVER_MS);
      } catch (error) {
        if (!isPageSwarmError(error) || !TRACKER_IS_AWAY.has(error.code)) throw error;
        session.doubt();
        reason = error.detail;
      }
    }
    throw new PageSwarmError('TRACKER_UNAVAILABLE', `No tracker answers: ${reason}`);
  }

  private async tell({ type, document }: LibraryChange): Promise<void> {
    if (type === 'removed') {
      this.told.delete(document.id);
      await this.toAll((session) => session.withdraw([document.id]));
      return;
    }
    this.told.set(document.id, document.have.count);
    await this.announce(document);
  }

  private async tellProgress(): Promise<void> {
    for (const document of this.library.list()) {
      if (document.complete || this.told.get(document.id) === document.have.count) continue;
      this.told.set(document.id, document.have.count);
      await this.toAll((session) => session.progress(document.id, document.have.count, false));
    }
  }

  /** A tracker that cannot be told now hears everything when it is joined again, so a failure is only logged. */
  private async toAll(action: (session: TrackerSession) => Promise<void>): Promise<void> {
    await Promise.all(
      this.sessions.map((session) =>
        action(session).catch((error) =>
          this.logger.debug({ err: error, code: errorShape(error).code, tracker: session.state().address }, 'a tracker could not be told'),
        ),
      ),
    );
  }
}

/** Healthy trackers first, then by round trip. */
function rank(session: TrackerSession): number {
  return (session.healthy ? 0 : 1e6) + (session.client.roundTripMs ?? 1e5);
}
