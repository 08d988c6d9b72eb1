import type { HostOffer } from '@pageswarm/engine';
import { Bitfield } from '@pageswarm/primitives';
import type { VirtualNode } from './virtual-node.ts';

/** The part of an answer that stays free for partial hosts while there are any, as at the real tracker. */
const PARTIAL_SHARE = 0.25;

/** Knows who is there and hands out hosts by turns, as the real tracker does: each answer begins one host further on. */
export class VirtualTracker {
  private readonly hosts: VirtualNode[] = [];
  private readonly nothing: Bitfield;
  private turn = 0;

  constructor(
    private readonly mostHosts: number,
    pieceCount: number,
  ) {
    this.nothing = new Bitfield(pieceCount);
  }

  joined(node: VirtualNode): void {
    if (!node.scenario.freeRides) this.hosts.push(node);
  }

  left(node: VirtualNode): void {
    const place = this.hosts.indexOf(node);
    if (place !== -1) this.hosts.splice(place, 1);
  }

  /** What a partial host has is learnt from itself. */
  handOut(asker: VirtualNode): HostOffer[] {
    const complete: VirtualNode[] = [];
    const partial: VirtualNode[] = [];
    for (const host of this.hosts)
      if (host === asker) continue;
      else if (host.pieces.isFull) complete.push(host);
      else if (host.downloads || host.pieces.count > 0) partial.push(host);
    const turn = this.turn++;
    const seats = Math.min(partial.length, Math.max(Math.floor(this.mostHosts * PARTIAL_SHARE), this.mostHosts - complete.length));
    return [...fromTurn(complete, turn, this.mostHosts - seats), ...fromTurn(partial, turn, seats)].map((host) => ({
      peerId: host.peerId,
      address: host.name,
      pieces: host.pieces.isFull ? 'all' : this.nothing,
    }));
  }
}

/** From the host whose turn it is on in steps: a step for each turn, so that two answers that begin alike do not go on alike. */
function fromTurn(hosts: readonly VirtualNode[], turn: number, most: number): VirtualNode[] {
  const step = stepOf(turn, hosts.length);
  return Array.from({ length: Math.min(most, hosts.length) }, (_, i) => hosts[(turn + i * step) % hosts.length] as VirtualNode);
}

/** A step without a common divisor with `count`, so that it comes past everybody before it comes past anybody twice. */
function stepOf(turn: number, count: number): number {
  let step = 1 + ((Math.imul(turn, 0x9e3779b1) >>> 0) % Math.max(1, count - 1));
  while (divisor(step, count) !== 1) step++;
  return step;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
