import type { DownloadEvent } from '@pageswarm/engine';
import { type PeerId, peerId, type Random, SeededRandom } from '@pageswarm/primitives';
import { EventQueue } from './event-queue.ts';
import { ProgressRecord } from './progress-record.ts';
import { DEFAULT_HOSTS_PER_LOOKUP, type Scenario } from './scenario.ts';
import { VirtualDocument } from './virtual-document.ts';
import { VirtualNetwork } from './virtual-network.ts';
import { VirtualNode } from './virtual-node.ts';
import { VirtualTracker } from './virtual-tracker.ts';

/** Everything that there is in one simulation. */
export class World {
  readonly events = new EventQueue();
  readonly random: Random;
  readonly document: VirtualDocument;
  readonly nodes: readonly VirtualNode[];
  readonly network: VirtualNetwork;
  readonly tracker: VirtualTracker;
  readonly progress: ProgressRecord;
  private readonly byPeerId: ReadonlyMap<PeerId, VirtualNode>;

  constructor(
    readonly scenario: Scenario,
    seed: number,
    /** Tells a node's download what happened. */
    readonly tell: (node: VirtualNode, event: DownloadEvent) => void,
  ) {
    this.random = new SeededRandom(seed);
    this.document = new VirtualDocument(scenario.document);
    this.nodes = nodesOf(scenario, this.document.pieceCount, this.random);
    this.byPeerId = new Map(this.nodes.map((node) => [node.peerId, node]));
    this.network = new VirtualNetwork(this.events, scenario.links ?? []);
    this.tracker = new VirtualTracker(scenario.hostsPerLookup ?? DEFAULT_HOSTS_PER_LOOKUP, this.document.pieceCount);
    this.progress = new ProgressRecord(this.document, this.nodes);
  }

  node(id: PeerId): VirtualNode {
    return this.byPeerId.get(id) as VirtualNode;
  }

  at(index: number): VirtualNode {
    return this.nodes[index] as VirtualNode;
  }

  /** Something that happens to a node in `ms`, unless it has left until then. */
  later(node: VirtualNode, ms: number, run: () => void): void {
    const { life } = node;
    this.events.after(ms, () => {
      if (node.life === life) run();
    });
  }

  /** Nodes that are not connected any more are told nothing. */
  disconnect(guest: VirtualNode, host: VirtualNode): void {
    guest.hosts.delete(host.index);
    host.guests.delete(guest.index);
  }
}

function nodesOf(scenario: Scenario, pieceCount: number, random: Random): VirtualNode[] {
  const nodes: VirtualNode[] = [];
  for (const kind of scenario.nodes) {
    const { name, count = 1 } = kind;
    for (let place = 0; place < count; place++)
      nodes.push(
        new VirtualNode(nodes.length, count > 1 ? `${name}-${place + 1}` : name, newPeerId(random), kind, place, pieceCount, random),
      );
  }
  return nodes;
}

function newPeerId(random: Random): PeerId {
  const words = Array.from({ length: 10 }, () => Math.floor(random.next() * 0x10000));
  return peerId(words.map((word) => word.toString(16).padStart(4, '0')).join(''));
}
