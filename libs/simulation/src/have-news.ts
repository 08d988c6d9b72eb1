import { type IndexRange, toIndexRanges } from '@pageswarm/primitives';
import type { EventQueue } from './event-queue.ts';
import type { VirtualNode } from './virtual-node.ts';

/** Tells the guests of a node what it got: gathered for a while after the first piece, as a peer does. */
export class HaveNews {
  constructor(
    private readonly events: EventQueue,
    private readonly gatherMs: number,
    private readonly tell: (node: VirtualNode, guest: number, pieces: readonly IndexRange[]) => void,
  ) {}

  stored(node: VirtualNode, piece: number): void {
    node.news.push(piece);
    if (node.newsScheduled) return;
    node.newsScheduled = true;
    this.events.after(this.gatherMs, () => this.send(node));
  }

  private send(node: VirtualNode): void {
    node.newsScheduled = false;
    const pieces = toIndexRanges(node.news);
    node.news = [];
    if (!node.online || node.frozen) return;
    for (const guest of node.guests) this.tell(node, guest, pieces);
  }
}
