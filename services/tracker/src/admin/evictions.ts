import { addressBytes, type PeerId } from '@pageswarm/primitives';
import { normalHost } from '../access/bans.ts';
import type { BittorrentTracker } from '../bittorrent/bittorrent.service.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { HostTable } from '../swarm/host-table.ts';

/** Forgets peers of both kinds at once: ours, which hold a lease, and BitTorrent clients. */
export class Evictions {
  constructor(
    private readonly hosts: HostTable,
    private readonly bittorrent: BittorrentTracker,
    private readonly snapshotter: Snapshotter,
  ) {}

  /** @returns how many there were */
  async ofPeer(peerId: PeerId): Promise<number> {
    const left = this.snapshotter.byOrder(() => this.hosts.leave(peerId)) ? 1 : 0;
    return left + (await this.bittorrent.forget({ peerId: Buffer.from(peerId, 'hex') }));
  }

  /** @param address as a ban writes it. @returns how many there were */
  async atAddress(address: string): Promise<number> {
    const there = [...this.hosts.all()].filter((record) => normalHost(record.address.host) === address);
    for (const { peerId } of there) this.snapshotter.byOrder(() => this.hosts.leave(peerId));
    return there.length + (await this.bittorrent.forget({ address: addressBytes(address) }));
  }
}
