import type { VirtualNode } from './virtual-node.ts';
import type { World } from './world.ts';

/** How long the tracker takes to answer, in ms. */
export const LOOKUP_MS = 5;
/** Round trips before a download can begin: a connection, a handshake, three pings at once and the metainfo, all of one host. */
const PREPARATION_ROUND_TRIPS = 5;

/** Who comes, who goes, who stands still. */
export class SwarmLife {
  /** Downloads of which something is still expected. */
  running = 0;
  /** Nodes that leave when a download has come that far. */
  private readonly doomed: VirtualNode[];

  constructor(private readonly world: World) {
    this.doomed = world.nodes.filter(({ scenario }) => scenario.leavesAtPart !== undefined);
    this.running = world.nodes.filter((node) => node.downloads).length;
    for (const node of world.nodes) this.plan(node);
  }

  /** A download is done, or failed. */
  ends(node: VirtualNode): void {
    for (const host of [...node.hosts]) this.world.disconnect(node, this.world.at(host));
    if (node.ended || !node.downloads) return;
    node.ended = true;
    this.running--;
  }

  completed(node: VirtualNode): void {
    node.completedAt = this.world.events.now;
    this.ends(node);
    const { staysMs } = node.scenario;
    if (staysMs !== undefined) this.world.later(node, staysMs, () => this.leaves(node));
  }

  /** A download got on. */
  progressed(node: VirtualNode): void {
    const part = node.pieces.count / node.pieces.size;
    for (const other of this.doomed)
      if (other.online && part >= (other.scenario.leavesAtPart as number) && other.life === 0) this.leaves(other);
  }

  private plan(node: VirtualNode): void {
    const { events } = this.world;
    const { leavesAtMs, freezesAtMs, freezesForMs = 0 } = node.scenario;
    events.schedule(node.joinsAtMs, () => this.joins(node));
    if (leavesAtMs !== undefined) events.schedule(leavesAtMs, () => this.leaves(node));
    if (freezesAtMs === undefined) return;
    events.schedule(freezesAtMs, () => {
      node.frozen = true;
      node.uplink.stop();
    });
    events.schedule(freezesAtMs + freezesForMs, () => {
      node.frozen = false;
      node.uplink.goOn();
    });
  }

  private joins(node: VirtualNode): void {
    const { world } = this;
    node.online = true;
    world.tracker.joined(node);
    if (!node.downloads || node.completedAt !== undefined) return;
    if (node.ended) this.running++;
    node.ended = false;
    const spec = world.document.specFor(node, world.scenario.strategy, Math.floor(world.random.next() * 2 ** 32));
    node.startedAt = world.events.now;
    const [first] = world.tracker.handOut(node);
    const roundTrip = first ? world.network.roundTripMs(node, world.node(first.peerId)) : 0;
    world.later(node, LOOKUP_MS + PREPARATION_ROUND_TRIPS * roundTrip, () => {
      node.begin(spec, world.scenario.limits, world.events.now);
      world.progress.begun(node, world.events.now);
      world.tell(node, { type: 'start' });
    });
  }

  private leaves(node: VirtualNode): void {
    if (!node.online) return;
    const { world } = this;
    const { vanishes, returnsAfterMs } = node.scenario;
    node.online = false;
    node.life++;
    node.uplink.clear();
    node.wakeAt = 0;
    node.download = undefined;
    world.tracker.left(node);
    for (const host of [...node.hosts]) {
      world.disconnect(node, world.at(host));
      world.at(host).uplink.cancel(node.index);
    }
    for (const index of [...node.guests]) {
      const guest = world.at(index);
      world.disconnect(guest, node);
      if (vanishes) continue;
      world.later(guest, world.network.oneWayMs(node, guest), () =>
        world.tell(guest, { type: 'host-lost', peerId: node.peerId, code: 'CONNECTION_LOST', detail: 'the connection was closed' }),
      );
    }
    if (returnsAfterMs !== undefined) world.events.after(returnsAfterMs, () => this.joins(node));
    else this.ends(node);
  }
}
