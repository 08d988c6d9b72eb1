import type { VirtualDocument } from './virtual-document.ts';
import type { VirtualNode } from './virtual-node.ts';

/** The most downloads whose pages over time are recorded; they are taken evenly from all. */
export const MAX_RECORDED_NODES = 32;
/** Points of one line, about. */
const POINTS = 200;

/** How many pages a node could show at a time. */
export type ProgressPoint = readonly [atMs: number, pages: number];

/** Pages over time of some downloads, and the longest time that any download stood still. */
export class ProgressRecord {
  longestStandstillMs = 0;
  private readonly lines = new Map<number, ProgressPoint[]>();

  constructor(
    private readonly document: VirtualDocument,
    nodes: readonly VirtualNode[],
  ) {
    const downloaders = nodes.filter((node) => node.downloads);
    const step = Math.max(1, downloaders.length / MAX_RECORDED_NODES);
    for (let place = 0; place < downloaders.length; place += step)
      this.lines.set((downloaders[Math.floor(place)] as VirtualNode).index, []);
  }

  of(node: VirtualNode): readonly ProgressPoint[] | undefined {
    return this.lines.get(node.index);
  }

  /** A piece that was missing came. */
  arrived(node: VirtualNode, now: number): void {
    this.longestStandstillMs = Math.max(this.longestStandstillMs, now - node.lastProgressAt);
    node.lastProgressAt = now;
  }

  begun(node: VirtualNode, now: number): void {
    this.lines.get(node.index)?.push([now, this.document.readyPages(node.pieces)]);
  }

  stored(node: VirtualNode, now: number): void {
    const line = this.lines.get(node.index);
    const every = Math.ceil(this.document.pieceCount / POINTS);
    if (line && (node.pieces.count % every === 0 || node.pieces.isFull)) line.push([now, this.document.readyPages(node.pieces)]);
  }
}
