import type { Clock } from '@pageswarm/primitives';
import { Counter, type Registry } from 'prom-client';
import { Bandwidth } from './bandwidth.ts';
import type { ChangeRateLimits, RateLimits } from './rate-limits.ts';

/** What this node may send and receive. */
export class NodeBandwidth {
  readonly upload: Bandwidth;
  readonly download: Bandwidth;

  constructor(clock: Clock, { upload, download }: RateLimits, registry: Registry) {
    const waits = new Counter({
      name: 'pageswarm_peer_throttled_turns_total',
      help: 'Times that bytes had to wait for a rate limit, by direction.',
      labelNames: ['direction'],
      registers: [registry],
    });
    this.upload = new Bandwidth(clock, upload, () => waits.inc({ direction: 'upload' }));
    this.download = new Bandwidth(clock, download, () => waits.inc({ direction: 'download' }));
  }

  get limits(): RateLimits {
    return { upload: this.upload.limits, download: this.download.limits };
  }

  /** What is left out stays as it is. */
  change({ upload, download }: ChangeRateLimits): void {
    if (upload) this.upload.limits = { ...this.upload.limits, ...upload };
    if (download) this.download.limits = { ...this.download.limits, ...download };
  }
}
