import { Counter, type Registry } from 'prom-client';
import { ANNOUNCE_EVENTS } from './announce.ts';

export type BittorrentProtocol = 'http' | 'udp';

/** What is counted of the clients of one protocol, as plain numbers: a labelled counter costs more than the announce itself. */
export class ProtocolCounters {
  /** By the number of the event in BEP 15. */
  readonly announces = new Array<number>(ANNOUNCE_EVENTS.length).fill(0);
  refused = 0;
  scrapes = 0;
  /** Packets that get no answer. */
  ignored = 0;
}

/** What is counted of BitTorrent clients. */
export class BittorrentCounters {
  readonly http = new ProtocolCounters();
  readonly udp = new ProtocolCounters();
}

/** Shows the numbers as metrics when somebody asks. */
export function measureBittorrent(registry: Registry, counters: BittorrentCounters): void {
  const registers = [registry];
  const protocols = ['http', 'udp'] as const;
  new Counter({
    name: 'pageswarm_tracker_bittorrent_announces_total',
    help: 'Announces of BitTorrent clients by event and protocol.',
    labelNames: ['event', 'protocol'],
    registers,
    collect() {
      this.reset();
      for (const protocol of protocols) {
        const { announces, refused } = counters[protocol];
        announces.forEach((count, event) => {
          this.inc({ event: ANNOUNCE_EVENTS[event] as string, protocol }, count);
        });
        this.inc({ event: 'refused', protocol }, refused);
      }
    },
  });
  new Counter({
    name: 'pageswarm_tracker_bittorrent_scrapes_total',
    help: 'Scrapes of BitTorrent clients by protocol.',
    labelNames: ['protocol'],
    registers,
    collect() {
      this.reset();
      for (const protocol of protocols) this.inc({ protocol }, counters[protocol].scrapes);
    },
  });
  new Counter({
    name: 'pageswarm_tracker_udp_packets_ignored_total',
    help: 'UDP packets that were no request and got no answer.',
    registers,
    collect() {
      this.reset();
      this.inc(counters.udp.ignored);
    },
  });
}
