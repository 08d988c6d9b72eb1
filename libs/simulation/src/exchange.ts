import { HaveNews } from './have-news.ts';
import { DEFAULT_HAVE_EVERY_MS } from './scenario.ts';
import type { SwarmLife } from './swarm-life.ts';
import { type Shipment, Uplink } from './uplink.ts';
import type { VirtualNode } from './virtual-node.ts';
import type { World } from './world.ts';

/** Round trips of a probe of an unknown host: a connection, a handshake and three pings at once. */
const PROBE_ROUND_TRIPS = 3;
/** A probe of a node that is gone is given up after this long, in ms. */
const DEAD_PROBE_MS = 1_000;

/** What passes between nodes: probes, requests, pieces and the news of them. */
export class Exchange {
  private readonly news: HaveNews;

  constructor(
    private readonly world: World,
    private readonly life: SwarmLife,
  ) {
    const { events, network } = world;
    this.news = new HaveNews(events, world.scenario.haveEveryMs ?? DEFAULT_HAVE_EVERY_MS, (host, index, pieces) => {
      const guest = world.at(index);
      world.later(guest, network.oneWayMs(host, guest), () => world.tell(guest, { type: 'have', peerId: host.peerId, pieces }));
    });
    for (const node of world.nodes) {
      const { up, limited = false } = node.scenario;
      node.uplink = new Uplink(
        events,
        up,
        limited,
        (to) => network.readyAt(node, world.at(to)),
        ({ to, requestId }) => this.begins(node, to, requestId),
        (shipment) => this.left(node, shipment),
      );
    }
  }

  probe(node: VirtualNode, host: VirtualNode): void {
    const { world } = this;
    const roundTrip = world.network.roundTripMs(node, host);
    const known = node.hosts.has(host.index);
    world.later(node, known ? roundTrip : PROBE_ROUND_TRIPS * roundTrip, () => {
      const dead = (detail: string) => world.tell(node, { type: 'probed', peerId: host.peerId, latencyMs: null, detail });
      if (!host.online || host.frozen) {
        world.later(node, DEAD_PROBE_MS, () => dead('it did not answer'));
        return;
      }
      if (!known && host.guests.size >= (host.scenario.maxConnections ?? Number.POSITIVE_INFINITY)) {
        dead('it takes no more connections');
        return;
      }
      host.guests.add(node.index);
      node.hosts.add(host.index);
      world.tell(node, { type: 'probed', peerId: host.peerId, latencyMs: roundTrip });
      // The first of the updates that a guest gets is everything.
      if (!host.pieces.isFull && host.pieces.count > 0)
        world.tell(node, { type: 'have', peerId: host.peerId, pieces: host.pieces.toRanges() });
    });
  }

  request(node: VirtualNode, host: VirtualNode, requestId: number, pieces: readonly number[]): void {
    const { world } = this;
    const oneWay = world.network.oneWayMs(node, host);
    const end = (outcome: 'refused' | 'failed', code?: 'LIMIT_EXCEEDED' | 'CONNECTION_LOST') =>
      world.later(node, oneWay, () =>
        world.tell(node, { type: 'request-ended', requestId, peerId: host.peerId, outcome, ...(code && { code }) }),
      );
    world.later(node, oneWay, () => {
      if (!host.online) {
        if (!host.scenario.vanishes) end('failed', 'CONNECTION_LOST');
        return;
      }
      // It was gone in between: the connection of its former life is none.
      if (!host.guests.has(node.index)) {
        end('failed', 'CONNECTION_LOST');
        world.later(node, oneWay, () =>
          world.tell(node, { type: 'host-lost', peerId: host.peerId, code: 'CONNECTION_LOST', detail: 'the connection was reset' }),
        );
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
          for (const [place, piece] of pieces.filter((asked) => host.pieces.has(asked)).entries())
            host.uplink.add({ to: node.index, requestId, piece, bytes: world.document.bytesOf(piece), first: place === 0 });
          host.uplink.next();
          if (pieces.some((piece) => !host.pieces.has(piece))) end('refused');
      }
    });
  }

  cancel(node: VirtualNode, host: VirtualNode, requestId: number): void {
    this.world.later(host, this.world.network.oneWayMs(node, host), () => host.uplink.cancel(node.index, requestId));
  }

  private begins(host: VirtualNode, to: number, requestId: number): void {
    const { world } = this;
    const node = world.at(to);
    world.later(node, world.network.oneWayMs(host, node), () =>
      world.tell(node, { type: 'request-begun', requestId, peerId: host.peerId }),
    );
  }

  /** The last byte of a piece left its host: it arrives after the way, when the links have had time for it. */
  private left(host: VirtualNode, { to, requestId, piece, bytes }: Shipment): void {
    if (!host.online) return;
    const { world } = this;
    const node = world.at(to);
    host.sentTo.set(to, (host.sentTo.get(to) ?? 0) + bytes);
    const lies = host.scenario.corrupts !== undefined && world.random.next() < host.scenario.corrupts;
    if (lies) host.lied = true;
    world.later(node, world.network.arrivalOf(bytes, host, node) - world.events.now, () =>
      this.arrives(node, host, requestId, piece, bytes, !lies),
    );
  }

  private arrives(node: VirtualNode, host: VirtualNode, requestId: number, piece: number, bytes: number, verified: boolean): void {
    if (!node.download) return;
    const { world } = this;
    const fresh = verified && !node.pieces.has(piece);
    node.bytesReceived += bytes;
    if (verified && !fresh) node.duplicateBytes += bytes;
    if (fresh) world.progress.arrived(node, world.events.now);
    world.tell(node, { type: 'piece-arrived', requestId, peerId: host.peerId, piece, verified, bytes });
    if (fresh) this.store(node, piece);
  }

  private store(node: VirtualNode, piece: number): void {
    const { world } = this;
    const { diskFullAtPart } = node.scenario;
    if (diskFullAtPart !== undefined && node.disk === 'free' && node.pieces.count >= diskFullAtPart * node.pieces.size) node.disk = 'full';
    if (node.disk === 'full') {
      world.tell(node, { type: 'store-failed', piece, code: 'STORE_FULL', detail: 'no space left on the device' });
      return;
    }
    node.pieces.set(piece);
    this.news.stored(node, piece);
    world.progress.stored(node, world.events.now);
    world.tell(node, { type: 'piece-stored', piece });
    this.life.progressed(node);
  }
}
