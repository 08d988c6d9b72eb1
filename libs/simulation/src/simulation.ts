import type { DownloadCommand, DownloadEvent, HostOffer } from '@pageswarm/engine';
import { PageSwarmError, type PeerId, peerId, SeededRandom, shuffled, toIndexRanges } from '@pageswarm/primitives';
import { EventQueue } from './event-queue.ts';
import { describeOutcome } from './outcome.ts';
import { DEFAULT_ENDS_AT_MS, DEFAULT_HAVE_EVERY_MS, DEFAULT_HOSTS_PER_LOOKUP, DISK_FULL_MS, type Scenario } from './scenario.ts';
import type { SimulationResult } from './simulation-result.ts';
import { type Shipment, Uplink } from './uplink.ts';
import { VirtualDocument } from './virtual-document.ts';
import { VirtualNode } from './virtual-node.ts';

/** How long the tracker takes to answer, in ms. */
const LOOKUP_MS = 5;
/** How long hashing a finished file takes, in ms. */
const VERIFY_MS = 1;
/** A probe of a node that is gone is given up after this long, in ms. */
const DEAD_PROBE_MS = 1_000;

/** One run. See {@link import('./simulate.ts').simulate}. */
export class Simulation {
  private readonly events = new EventQueue();
  private readonly random: SeededRandom;
  private readonly nodes: VirtualNode[] = [];
  private readonly byPeerId = new Map<PeerId, VirtualNode>();
  private readonly document: VirtualDocument;
  private running = 0;
  private eventCount = 0;
  private longestStandstillMs = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly seed: number,
    private readonly log: ((line: string) => void) | undefined,
  ) {
    this.random = new SeededRandom(seed);
    this.document = new VirtualDocument(scenario.document);
    for (const kind of scenario.nodes)
      for (let number = 1; number <= (kind.count ?? 1); number++) {
        const name = (kind.count ?? 1) > 1 ? `${kind.name}-${number}` : kind.name;
        const node = new VirtualNode(this.nodes.length, name, this.newPeerId(), kind, this.document.pieceCount, this.random);
        node.uplink = new Uplink(this.events, kind.up, (shipment) => this.left(node, shipment));
        this.nodes.push(node);
        this.byPeerId.set(node.peerId, node);
      }
  }

  run(): SimulationResult {
    const endsAt = this.scenario.endsAtMs ?? DEFAULT_ENDS_AT_MS;
    for (const node of this.nodes) this.plan(node);
    this.running = this.nodes.filter((node) => node.downloads).length;
    while (this.running > 0 && this.events.step())
      if (this.events.now > endsAt)
        throw new PageSwarmError('INTERNAL', `"${this.scenario.name}" with seed ${this.seed} did not end within ${endsAt} ms`);
    const { scenario, seed, nodes, eventCount, longestStandstillMs } = this;
    return describeOutcome({
      scenario,
      seed,
      nodes,
      size: this.document.size,
      events: eventCount,
      longestStandstillMs,
      now: this.events.now,
    });
  }

  // The life of a node

  private plan(node: VirtualNode): void {
    const { joinsAtMs = 0, leavesAtMs, freezesAtMs, freezesForMs = 0 } = node.scenario;
    this.events.schedule(joinsAtMs, () => this.joins(node));
    if (leavesAtMs !== undefined) this.events.schedule(leavesAtMs, () => this.leaves(node));
    if (freezesAtMs === undefined) return;
    this.events.schedule(freezesAtMs, () => {
      node.frozen = true;
      node.uplink.stop();
    });
    this.events.schedule(freezesAtMs + freezesForMs, () => {
      node.frozen = false;
      node.uplink.goOn();
    });
  }

  private joins(node: VirtualNode): void {
    node.online = true;
    if (!node.downloads || node.completedAt !== undefined) return;
    if (node.ended) this.running++;
    node.ended = false;
    node.begin(
      this.document.specFor(node, this.scenario.strategy, Math.floor(this.random.next() * 2 ** 32)),
      this.scenario.limits,
      this.events.now,
    );
    this.apply(node, { type: 'start' });
  }

  private leaves(node: VirtualNode): void {
    if (!node.online) return;
    const { vanishes, returnsAfterMs } = node.scenario;
    node.online = false;
    node.life++;
    node.uplink.clear();
    node.watchers.clear();
    node.wakeAt = 0;
    node.download = undefined;
    for (const other of this.nodes) {
      other.watchers.delete(node.index);
      other.uplink.cancel(node.index);
      if (vanishes || other === node || !other.download) continue;
      this.later(other, this.oneWayMs(node, other), () =>
        this.apply(other, { type: 'host-lost', peerId: node.peerId, code: 'CONNECTION_LOST', detail: 'the connection was closed' }),
      );
    }
    if (returnsAfterMs !== undefined) this.events.schedule(this.events.now + returnsAfterMs, () => this.joins(node));
    else this.ends(node);
  }

  private ends(node: VirtualNode): void {
    if (node.ended || !node.downloads) return;
    node.ended = true;
    this.running--;
  }

  // Events in, commands out

  private apply(node: VirtualNode, event: DownloadEvent): void {
    if (!node.download) return;
    this.eventCount++;
    this.log?.(node.describe(event, this.events.now));
    for (const command of node.download.apply(event, this.events.now)) this.obey(node, command);
  }

  private obey(node: VirtualNode, command: DownloadCommand): void {
    switch (command.type) {
      case 'find-hosts':
        this.later(node, LOOKUP_MS, () => this.apply(node, { type: 'hosts-found', hosts: this.hostsFor(node) }));
        return;
      case 'probe':
        this.probe(node, this.node(command.peerId));
        return;
      case 'request':
        this.request(node, this.node(command.peerId), command.requestId, command.pieces);
        return;
      case 'cancel-request': {
        const host = this.node(command.peerId);
        this.later(host, this.oneWayMs(node, host), () => host.uplink.cancel(node.index, command.requestId));
        return;
      }
      case 'ban':
        node.banned.push(this.node(command.peerId).index);
        return;
      case 'verify-file':
        this.later(node, VERIFY_MS, () => this.apply(node, { type: 'file-verified', md5: '', ok: node.pieces.isFull }));
        return;
      case 'wake-at':
        node.wakeAt = command.at;
        this.later(node, command.at - this.events.now, () => {
          if (node.wakeAt === command.at) this.apply(node, { type: 'tick' });
        });
        return;
      case 'done':
        node.completedAt = this.events.now;
        this.ends(node);
        return;
      case 'failed':
        this.ends(node);
        return;
      case 'paused':
        this.later(node, DISK_FULL_MS, () => {
          node.disk = 'enlarged';
          this.apply(node, { type: 'resume' });
        });
        return;
      case 'drop-host':
        return;
    }
  }

  private hostsFor(node: VirtualNode): HostOffer[] {
    const known = this.nodes.filter((other) => other !== node && other.online && (other.downloads || other.pieces.count > 0));
    const most = this.scenario.hostsPerLookup ?? DEFAULT_HOSTS_PER_LOOKUP;
    const told = known.length > most ? shuffled(this.random, known).slice(0, most) : known;
    return told.map((other) => ({ peerId: other.peerId, address: other.name, pieces: other.pieces.isFull ? 'all' : other.pieces }));
  }

  private probe(node: VirtualNode, host: VirtualNode): void {
    const roundTrip = 2 * this.oneWayMs(node, host);
    const answer = (latencyMs: number | null) => this.apply(node, { type: 'probed', peerId: host.peerId, latencyMs });
    this.later(node, roundTrip, () => {
      if (!host.online || host.frozen) {
        this.later(node, DEAD_PROBE_MS, () => answer(null));
        return;
      }
      host.watchers.add(node.index);
      answer(roundTrip);
      // The first of the updates that a watcher gets is everything.
      if (!host.pieces.isFull) this.apply(node, { type: 'have', peerId: host.peerId, pieces: host.pieces.toRanges() });
    });
  }

  private request(node: VirtualNode, host: VirtualNode, requestId: number, pieces: readonly number[]): void {
    const oneWay = this.oneWayMs(node, host);
    const end = (outcome: 'refused' | 'failed', code?: 'LIMIT_EXCEEDED' | 'CONNECTION_LOST') =>
      this.later(node, oneWay, () =>
        this.apply(node, { type: 'request-ended', requestId, peerId: host.peerId, outcome, ...(code && { code }) }),
      );
    const { life } = node;
    this.events.schedule(this.events.now + oneWay, () => {
      if (node.life !== life) return;
      if (!host.online) {
        if (!host.scenario.vanishes) end('failed', 'CONNECTION_LOST');
        return;
      }
      switch (host.scenario.manner ?? 'serves') {
        case 'silent':
          return;
        case 'busy':
          end('refused', 'LIMIT_EXCEEDED');
          return;
        case 'refuses':
          end('refused');
          return;
        case 'serves':
          for (const piece of pieces)
            if (host.pieces.has(piece)) host.uplink.add({ to: node.index, requestId, piece, bytes: this.document.bytesOf(piece) });
          if (pieces.some((piece) => !host.pieces.has(piece))) end('refused');
      }
    });
  }

  /** The last byte of a piece left its host: it arrives after the way and when the downlink has had time for it. */
  private left(host: VirtualNode, { to, requestId, piece, bytes }: Shipment): void {
    const node = this.nodes[to] as VirtualNode;
    if (!host.online) return;
    host.sentTo[to] = (host.sentTo[to] ?? 0) + bytes;
    const lies = this.random.next() < (host.scenario.corrupts ?? 0);
    if (lies) host.lied = true;
    const at = Math.max(this.events.now + this.oneWayMs(host, node), node.downFreeAt + (bytes * 1_000) / node.scenario.down);
    node.downFreeAt = at;
    this.later(node, at - this.events.now, () => this.arrives(node, host, requestId, piece, bytes, !lies));
  }

  private arrives(node: VirtualNode, host: VirtualNode, requestId: number, piece: number, bytes: number, verified: boolean): void {
    if (!node.download) return;
    const fresh = verified && !node.pieces.has(piece);
    node.bytesReceived += bytes;
    if (verified && !fresh) node.duplicateBytes += bytes;
    if (fresh) {
      this.longestStandstillMs = Math.max(this.longestStandstillMs, this.events.now - node.lastProgressAt);
      node.lastProgressAt = this.events.now;
    }
    this.apply(node, { type: 'piece-arrived', requestId, peerId: host.peerId, piece, verified, bytes });
    if (fresh) this.store(node, piece);
  }

  private store(node: VirtualNode, piece: number): void {
    const { diskFullAtPart } = node.scenario;
    if (diskFullAtPart !== undefined && node.disk === 'free' && node.pieces.count >= diskFullAtPart * node.pieces.size) node.disk = 'full';
    if (node.disk === 'full') {
      this.apply(node, { type: 'store-failed', piece, code: 'STORE_FULL', detail: 'no space left on the device' });
      return;
    }
    node.pieces.set(piece);
    node.news.push(piece);
    this.tellLater(node);
    this.apply(node, { type: 'piece-stored', piece });
    this.checkProgress(node);
  }

  private tellLater(node: VirtualNode): void {
    if (node.newsScheduled) return;
    node.newsScheduled = true;
    this.events.schedule(this.events.now + (this.scenario.haveEveryMs ?? DEFAULT_HAVE_EVERY_MS), () => {
      node.newsScheduled = false;
      const pieces = toIndexRanges(node.news);
      node.news = [];
      if (!node.online || node.frozen) return;
      for (const index of node.watchers) {
        const watcher = this.nodes[index] as VirtualNode;
        this.later(watcher, this.oneWayMs(node, watcher), () => this.apply(watcher, { type: 'have', peerId: node.peerId, pieces }));
      }
    });
  }

  private checkProgress(node: VirtualNode): void {
    const part = node.pieces.count / node.pieces.size;
    for (const other of this.nodes)
      if (other.online && other.scenario.leavesAtPart !== undefined && part >= other.scenario.leavesAtPart && other.life === 0)
        this.leaves(other);
  }

  // The world

  private later(node: VirtualNode, ms: number, run: () => void): void {
    const { life } = node;
    this.events.schedule(this.events.now + ms, () => {
      if (node.life === life) run();
    });
  }

  private oneWayMs(a: VirtualNode, b: VirtualNode): number {
    return (a.scenario.latencyMs + b.scenario.latencyMs) / 2;
  }

  private node(id: PeerId): VirtualNode {
    return this.byPeerId.get(id) as VirtualNode;
  }

  private newPeerId(): PeerId {
    return peerId(
      Array.from({ length: 10 }, () =>
        Math.floor(this.random.next() * 0x10000)
          .toString(16)
          .padStart(4, '0'),
      ).join(''),
    );
  }
}
