import { Inject, Injectable } from '@nestjs/common';
import { DOWNLOAD_STATES } from '@pageswarm/contracts';
import { Counter, Gauge, Registry } from 'prom-client';

/** Counts what downloads take in and refuse. */
@Injectable()
export class DownloadMeter {
  private readonly bytes: Counter;
  private readonly corruptPieces: Counter;
  private readonly bans: Counter;
  private readonly ended: Counter;
  /** Set by the queue; asked when Prometheus scrapes. */
  countByState: () => ReadonlyMap<string, number> = () => new Map();

  constructor(@Inject(Registry) registry: Registry) {
    const registers = [registry];
    this.bytes = new Counter({
      name: 'pageswarm_peer_downloaded_bytes_total',
      help: 'Document bytes received from other nodes.',
      registers,
    });
    this.corruptPieces = new Counter({
      name: 'pageswarm_peer_corrupt_pieces_total',
      help: 'Pieces refused because their hash was wrong.',
      registers,
    });
    this.bans = new Counter({ name: 'pageswarm_peer_bans_total', help: 'Hosts banned from a download for a wrong piece.', registers });
    this.ended = new Counter({
      name: 'pageswarm_peer_downloads_ended_total',
      help: 'Downloads that ended, by outcome.',
      labelNames: ['outcome'],
      registers,
    });
    const meter = this;
    new Gauge({
      name: 'pageswarm_peer_downloads',
      help: 'Downloads known to this node by state.',
      labelNames: ['state'],
      registers,
      collect() {
        const counts = meter.countByState();
        for (const state of DOWNLOAD_STATES) this.set({ state }, counts.get(state) ?? 0);
      },
    });
  }

  received(bytes: number): void {
    this.bytes.inc(bytes);
  }

  corrupt(): void {
    this.corruptPieces.inc();
  }

  banned(): void {
    this.bans.inc();
  }

  endedAs(outcome: 'done' | 'failed' | 'cancelled'): void {
    this.ended.inc({ outcome });
  }
}
