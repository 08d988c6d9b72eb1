import type {
  AnnouncedDocument,
  AnnounceReply,
  AnnounceRequest,
  HandoutReply,
  JoinReply,
  JoinRequest,
  ProgressRequest,
  RenewReply,
  WithdrawRequest,
} from '@pageswarm/contracts';
import type { Logger } from '@pageswarm/observability';
import {
  type Clock,
  type Endpoint,
  formatEndpoint,
  isPageSwarmError,
  PageSwarmError,
  type PeerId,
  plainAddress,
} from '@pageswarm/primitives';
import type { Catalog } from '../catalog/catalog.ts';
import type { DocumentFacts, DocumentRecord } from '../catalog/document-record.ts';
import type { ReachabilityCheck } from './connect-back.ts';
import { hostsOf } from './document-view.ts';
import { HANDOUT_POLICIES } from './handout.ts';
import type { HostRecord, HostTable } from './host-table.ts';

/**
 * Heartbeats that fit into a lease: a peer that misses one keeps it, even if the next comes late, and a peer that misses
 * two is gone before the third would come, {@link SWEEPS_PER_LEASE} included.
 */
export const HEARTBEATS_PER_LEASE = 2.5;
/** How often leases are looked at within one lease: a silent peer is gone at most a tenth of a lease late. */
export const SWEEPS_PER_LEASE = 10;

/** What the swarm counts. */
export interface SwarmMeter {
  announced(kind: 'added' | 'repeated' | 'refused'): void;
  handedOut(hosts: number): void;
}

/** Who may come in, and with what. */
export interface SwarmAdmission {
  /** @throws PageSwarmError GOING_AWAY, FORBIDDEN */
  demandEntry(peerId: PeerId, ...hosts: readonly string[]): void;
  /** @throws PageSwarmError GOING_AWAY */
  demandTime(): void;
  /** @throws PageSwarmError FORBIDDEN */
  demandAllowed(document: AnnouncedDocument): void;
}

export interface SwarmServiceOptions {
  readonly trackerId: PeerId;
  readonly maxHandout: number;
  /** Without it everybody may come in with everything. */
  readonly admission?: SwarmAdmission;
}

/** What peers ask of a tracker, apart from how it reaches them: leases, announcements, hosts. */
export class SwarmService {
  private turn = 0;
  /** Sessions that began, in order, until what the peer did not repeat is forgotten. */
  private readonly sessions: { readonly peerId: PeerId; readonly session: number; readonly settled: number }[] = [];

  constructor(
    private readonly catalog: Catalog,
    private readonly hosts: HostTable,
    private readonly reachability: ReachabilityCheck,
    private readonly clock: Clock,
    private readonly meter: SwarmMeter,
    private readonly logger: Logger,
    private readonly options: SwarmServiceOptions,
  ) {
    hosts.onChange((kind, { peerId, state }) => {
      if (kind === 'left') catalog.dropPeer(peerId, clock.now());
      else catalog.setListed(peerId, state === 'live');
    });
  }

  /**
   * Begins a lease, then dials the announced address: a peer that cannot be reached is not listed.
   * @throws PageSwarmError GOING_AWAY, FORBIDDEN
   */
  async join(peerId: PeerId, request: JoinRequest, remote: Endpoint): Promise<JoinReply> {
    const place = (stated: { readonly host?: string | undefined; readonly port: number }): Endpoint => ({
      host: stated.host ?? plainAddress(remote.host),
      port: stated.port,
    });
    const address = place(request.transport);
    this.options.admission?.demandEntry(peerId, plainAddress(remote.host), address.host);
    const record = this.hosts.join({
      peerId,
      name: request.name,
      zone: request.zone,
      address,
      httpAddress: request.http && place(request.http),
    });
    const settled = this.clock.monotonic() + this.hosts.leaseMs;
    this.sessions.push({ peerId, session: this.catalog.beginSession(peerId), settled });
    const reachable = await this.check(record);
    const told = formatEndpoint(record.address);
    this.logger.info(
      { peerId, address: told, name: request.name, reachable },
      reachable ? 'peer joined' : 'peer joined, but cannot be reached',
    );
    const { leaseMs } = this.hosts;
    return { trackerId: this.options.trackerId, leaseMs, heartbeatMs: this.heartbeatMs, address: told, reachable };
  }

  /** How often a peer should renew. */
  get heartbeatMs(): number {
    return Math.max(1, Math.floor(this.hosts.leaseMs / HEARTBEATS_PER_LEASE));
  }

  /** Renews a lease; whoever was not reached yet is tried again. @throws PageSwarmError PEER_NOT_FOUND */
  async renew(peerId: PeerId): Promise<RenewReply> {
    const record = this.hosts.renew(peerId);
    if (!record) throw unknownPeer(peerId);
    if (record.state === 'unconfirmed') this.hosts.setState(record, 'live');
    const reachable = record.state === 'live' || (await this.check(record));
    return { leaseMs: this.hosts.leaseMs, reachable };
  }

  leave(peerId: PeerId): void {
    if (this.hosts.leave(peerId)) this.logger.info({ peerId }, 'peer left');
  }

  /**
   * Takes in what a peer has. A document that contradicts the catalog, or finds no room in it, is answered with what is
   * wrong with it; the others count.
   * @throws PageSwarmError PEER_NOT_FOUND without a lease, GOING_AWAY
   */
  announce(peerId: PeerId, request: AnnounceRequest): AnnounceReply {
    this.demandLease(peerId);
    this.options.admission?.demandTime();
    const documents: AnnounceReply['documents'] = [];
    const refused: AnnounceReply['refused'] = [];
    for (const told of request.documents)
      try {
        documents.push(announcedReply(this.take(peerId, told)));
      } catch (error) {
        if (!isPageSwarmError(error)) throw error;
        refused.push({ id: told.id, code: error.code, detail: error.detail });
        this.meter.announced('refused');
        this.logger.warn({ peerId, documentId: told.id, code: error.code }, `announcement refused: ${error.detail}`);
      }
    return { documents, refused };
  }

  /** @throws PageSwarmError PEER_NOT_FOUND, DOCUMENT_NOT_FOUND */
  progress(peerId: PeerId, { id, have, complete }: ProgressRequest): void {
    this.demandLease(peerId);
    this.catalog.progress(peerId, id, { have, complete });
  }

  /** @throws PageSwarmError PEER_NOT_FOUND */
  withdraw(peerId: PeerId, { ids }: WithdrawRequest): void {
    this.demandLease(peerId);
    for (const id of ids) this.catalog.withdraw(peerId, id);
  }

  /** Hosts to download from. @throws PageSwarmError DOCUMENT_NOT_FOUND */
  handOut(asker: PeerId, hash: string): HandoutReply {
    const record = this.catalog.find(hash.toLowerCase());
    if (!record) throw unknownDocument(hash);
    const zoneOf = (peerId: PeerId) => this.hosts.get(peerId)?.zone;
    const candidates = hostsOf(record, this.hosts).map((host) => ({ ...host, zone: zoneOf(host.peerId) }));
    const request = { asker, zone: zoneOf(asker), limit: this.options.maxHandout, turn: this.turn++ };
    const hosts = HANDOUT_POLICIES.near(candidates, request).map(({ zone: _, ...host }) => host);
    this.meter.handedOut(hosts.length);
    return { id: record.id, hosts };
  }

  /**
   * Ends leases that have run out, forgets what peers did not repeat within one lease after they joined again, and lets
   * go of documents that nobody has held for long.
   */
  sweep(): void {
    const now = this.clock.monotonic();
    while (this.sessions[0] && this.sessions[0].settled <= now) {
      const { peerId, session } = this.sessions.shift() as (typeof this.sessions)[number];
      this.catalog.dropStale(peerId, session, this.clock.now());
    }
    for (const { peerId, address } of this.hosts.expire())
      this.logger.info({ peerId, address: formatEndpoint(address) }, 'peer did not renew its lease');
    this.catalog.sweepHostless(this.clock.now());
  }

  /** Tries every peer of a snapshot at its address, so that those who are there need not wait for their next heartbeat. */
  async confirmRestored(): Promise<void> {
    const unconfirmed = [...this.hosts.all()].filter(({ state }) => state === 'unconfirmed');
    await Promise.all(unconfirmed.map((record) => this.check(record)));
  }

  private take(peerId: PeerId, told: AnnouncedDocument): DocumentRecord {
    const isNew = !this.catalog.get(told.id);
    this.options.admission?.demandAllowed(told);
    const record = this.catalog.announce(peerId, this.factsOf(peerId, told), told);
    this.meter.announced(isNew ? 'added' : 'repeated');
    return record;
  }

  private factsOf(peerId: PeerId, { complete: _, have: __, ...told }: AnnouncedDocument): DocumentFacts {
    const { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, addedBy, addedAt, ...inspection } = told;
    const now = this.clock.now();
    // A moment in the future would keep a document at the top of the list.
    const since = addedAt === undefined ? now : Math.min(now, Date.parse(addedAt));
    return { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, addedBy: addedBy ?? peerId, addedAt: since, inspection };
  }

  private async check(record: HostRecord): Promise<boolean> {
    const reachable = await this.reachability.reach(record.address, record.peerId);
    // A peer of a snapshot that does not answer yet may still renew; only its lease decides.
    if (reachable || record.state === 'live') this.hosts.setState(record, reachable ? 'live' : 'unreachable');
    return reachable;
  }

  private demandLease(peerId: PeerId): void {
    if (!this.hosts.get(peerId)) throw unknownPeer(peerId);
  }
}

export function unknownPeer(peerId: string): PageSwarmError {
  return new PageSwarmError('PEER_NOT_FOUND', `Peer ${peerId} holds no lease here`);
}

export function unknownDocument(hash: string): PageSwarmError {
  return new PageSwarmError('DOCUMENT_NOT_FOUND', `No document is listed under ${hash}`);
}

function announcedReply({ id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases, addedBy, addedAt }: DocumentRecord) {
  const moment = new Date(addedAt).toISOString();
  return { id, name, size, pieceLength, md5, infoHashV1, infoHashV2, aliases: [...aliases], addedBy, addedAt: moment };
}
