import type { Clock } from '@pageswarm/primitives';
import { Counter, type Registry } from 'prom-client';
import { KeyedQueue } from '../library/keyed-queue.ts';
import { Bandwidth } from './bandwidth.ts';
import type { RateLimitFile } from './rate-limit-file.ts';
import type { ChangeRateLimits, RateLimits } from './rate-limits.ts';

export interface NodeBandwidthOptions {
  readonly clock: Clock;
  /** What the environment says. */
  readonly configured: RateLimits;
  /** What the owner changed since. */
  readonly file: RateLimitFile;
  readonly registry: Registry;
}

/** What this node may send and receive. */
export class NodeBandwidth {
  readonly upload: Bandwidth;
  readonly download: Bandwidth;
  private readonly turns = new KeyedQueue<'change'>();

  private constructor(
    private readonly options: NodeBandwidthOptions,
    private changes: ChangeRateLimits,
  ) {
    const { clock, configured, registry } = options;
    const waits = new Counter({
      name: 'pageswarm_peer_throttled_turns_total',
      help: 'Times that bytes had to wait for a rate limit, by direction.',
      labelNames: ['direction'],
      registers: [registry],
    });
    const { upload, download } = changed(configured, changes);
    this.upload = new Bandwidth(clock, upload, () => waits.inc({ direction: 'upload' }));
    this.download = new Bandwidth(clock, download, () => waits.inc({ direction: 'download' }));
  }

  /** @throws PageSwarmError INVALID_CONFIGURATION if the kept limits are damaged */
  static async open(options: NodeBandwidthOptions): Promise<NodeBandwidth> {
    return new NodeBandwidth(options, await options.file.load());
  }

  get limits(): RateLimits {
    return { upload: this.upload.limits, download: this.download.limits };
  }

  /**
   * What is left out stays as it is. Holds from now on, also after a restart.
   * @throws PageSwarmError STORE_FULL, STORE_FAILED; then nothing has changed
   */
  change({ upload, download }: ChangeRateLimits): Promise<void> {
    return this.keep(() => ({ upload: { ...this.changes.upload, ...upload }, download: { ...this.changes.download, ...download } }));
  }

  /** Back to the limits of the environment. @throws PageSwarmError STORE_FULL, STORE_FAILED; then nothing has changed */
  reset(): Promise<void> {
    return this.keep(() => ({}));
  }

  private keep(make: () => ChangeRateLimits): Promise<void> {
    return this.turns.run('change', async () => {
      const changes = make();
      await this.options.file.save(changes);
      this.changes = changes;
      const { upload, download } = changed(this.options.configured, changes);
      this.upload.limits = upload;
      this.download.limits = download;
    });
  }
}

function changed(configured: RateLimits, { upload, download }: ChangeRateLimits): RateLimits {
  return { upload: { ...configured.upload, ...upload }, download: { ...configured.download, ...download } };
}
