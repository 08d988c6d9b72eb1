import type { EventQueue } from './event-queue.ts';
import type { SiteLink } from './scenario.ts';
import type { VirtualNode } from './virtual-node.ts';

/** What waits on the way, as buffers of a network and its sockets hold it, in ms; more waits at the sender. */
const BUFFER_MS = 50;

/** One direction of the link between two sites. */
interface Lane {
  readonly rate: number;
  readonly latencyMs: number;
  freeAt: number;
}

/**
 * The ways between nodes: latency, the links between sites and the links down. Bytes queue where a link is busy, in the order in which
 * they left; nothing is lost, and who sends more than fits is held back. A link passes on what arrives while it arrives: a piece costs its longest transmission, not their sum.
 */
export class VirtualNetwork {
  private readonly lanes = new Map<string, Lane>();

  constructor(
    private readonly events: EventQueue,
    links: readonly SiteLink[],
  ) {
    for (const { between, rate, latencyMs } of links)
      for (const [from, to] of [between, [between[1], between[0]]] as const)
        this.lanes.set(`${from} ${to}`, { rate, latencyMs: latencyMs / 2, freeAt: 0 });
  }

  oneWayMs(from: VirtualNode, to: VirtualNode): number {
    return (from.scenario.latencyMs + to.scenario.latencyMs) / 2 + (this.lane(from, to)?.latencyMs ?? 0);
  }

  roundTripMs(a: VirtualNode, b: VirtualNode): number {
    return this.oneWayMs(a, b) + this.oneWayMs(b, a);
  }

  /** When the way takes more. */
  readyAt(from: VirtualNode, to: VirtualNode): number {
    return Math.max(this.lane(from, to)?.freeAt ?? 0, to.downFreeAt) - BUFFER_MS;
  }

  /** The last of these bytes has left its node now. @returns when it has come, in ms */
  arrivalOf(bytes: number, from: VirtualNode, to: VirtualNode): number {
    const lane = this.lane(from, to);
    let at = this.events.now + this.oneWayMs(from, to);
    if (lane) {
      at = Math.max(at, lane.freeAt + (bytes * 1_000) / lane.rate);
      lane.freeAt = at;
    }
    at = Math.max(at, to.downFreeAt + (bytes * 1_000) / to.scenario.down);
    to.downFreeAt = at;
    return at;
  }

  private lane(from: VirtualNode, to: VirtualNode): Lane | undefined {
    if (this.lanes.size === 0 || from.scenario.site === to.scenario.site) return undefined;
    return this.lanes.get(`${from.scenario.site} ${to.scenario.site}`);
  }
}
