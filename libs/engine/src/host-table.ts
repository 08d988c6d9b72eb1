import type { Bitfield, PeerId } from '@pageswarm/primitives';
import type { HostOffer } from './download-events.ts';
import { Host } from './host.ts';
import type { EngineLimits } from './limits.ts';

/** The hosts of a download, those that live and those that lived; says which offers are worth a probe. */
export class HostTable {
  private readonly byId = new Map<PeerId, Host>();
  private readonly byIndex: Host[] = [];

  constructor(private readonly limits: Pick<EngineLimits, 'maxHosts'>) {}

  get(peerId: PeerId): Host | undefined {
    return this.byId.get(peerId);
  }

  at(index: number): Host {
    return this.byIndex[index] as Host;
  }

  all(): readonly Host[] {
    return this.byIndex;
  }

  live(): Host[] {
    return this.byIndex.filter((host) => host.phase === 'live');
  }

  has(phase: Host['phase']): boolean {
    return this.byIndex.some((host) => host.phase === phase);
  }

  /**
   * Notes what is told of a host.
   * @returns `probe` for a host that has to be probed now, `known` for one whose offer was brought up to date, `no` for one that is not wanted
   */
  offer({ peerId, address, pieces }: HostOffer, now: number): 'probe' | 'known' | 'no' {
    const host = this.byId.get(peerId);
    if (host?.phase === 'banned') return 'no';
    const inUse = host?.phase === 'live' || host?.phase === 'probing';
    if (!inUse && this.inUseCount() >= this.limits.maxHosts) return 'no';
    if (!host) {
      const added = new Host(this.byIndex.length, peerId, address, ownCopy(pieces));
      this.byIndex.push(added);
      this.byId.set(peerId, added);
      return 'probe';
    }
    host.address = address;
    host.offer = inUse ? united(host.offer, pieces) : ownCopy(pieces);
    if (inUse) return 'known';
    return now >= host.restUntil ? 'probe' : 'no';
  }

  private inUseCount(): number {
    let count = 0;
    for (const host of this.byIndex) if (host.phase === 'live' || host.phase === 'probing') count++;
    return count;
  }
}

function united(a: 'all' | Bitfield, b: 'all' | Bitfield): 'all' | Bitfield {
  if (a === 'all' || b === 'all') return 'all';
  const both = a.clone();
  for (const piece of b) both.set(piece);
  return both.isFull ? 'all' : both;
}

function ownCopy(pieces: 'all' | Bitfield): 'all' | Bitfield {
  return pieces === 'all' || pieces.isFull ? 'all' : pieces.clone();
}
