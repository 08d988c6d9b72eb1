import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { documentId, infoHashV1, infoHashV2, md5, type PeerId, peerId } from '@pageswarm/primitives';
import type { RunningTracker } from '@pageswarm/tracker';
import { SampleNames } from './sample-names.ts';

type Catalog = RunningTracker['parts']['catalog'];

const HOSTS_OF_EACH = 3;
/** So many hosts that each has about a thousand documents. */
const DOCUMENTS_OF_HOST = 1_000;
const UNKNOWN = { pages: null, words: null, extractor: null, title: null, author: null, mapped: false, mapReason: null } as const;
export const SAMPLE_INSPECTION = { ...UNKNOWN, encrypted: false, needsPassword: false, error: null };
export const SAMPLE_HOLDING = { have: 40, complete: true };

/** The v1 info-hash of sample document `n`, in hex. */
export function sampleHash(n: number): string {
  return createHash('sha1').update(`v1 ${n}`).digest('hex');
}

/** Sample documents with three hosts each, the same ones each time. */
export class CatalogFiller {
  readonly names = new SampleNames();
  private readonly hosts: readonly PeerId[];

  constructor(
    private readonly catalog: Catalog,
    readonly documents: number,
  ) {
    const count = Math.max(HOSTS_OF_EACH, Math.ceil((documents * HOSTS_OF_EACH) / DOCUMENTS_OF_HOST));
    this.hosts = Array.from({ length: count }, (_, n) => peerId(createHash('sha1').update(`host ${n}`).digest('hex')));
  }

  hostOf(n: number, which = 0): PeerId {
    return this.hosts[(n * 31 + which * 7) % this.hosts.length] as PeerId;
  }

  factsOf(n: number) {
    const digits = createHash('sha512').update(`root ${n}`).digest('hex');
    const hashes = { id: documentId(digits.slice(0, 64)), infoHashV2: infoHashV2(digits.slice(64)), infoHashV1: infoHashV1(sampleHash(n)) };
    const bytes = { name: this.names.nameOf(n), size: 640_000 + (n % 10_000), pieceLength: 16_384, md5: md5(digits.slice(9, 41)) };
    const added = { addedBy: this.hostOf(n), addedAt: 1.7e12 + ((n * 7_919) % this.documents) };
    return { ...hashes, ...bytes, ...added, aliases: [], inspection: SAMPLE_INSPECTION };
  }

  add(n: number): void {
    const facts = this.factsOf(n);
    for (let which = 0; which < HOSTS_OF_EACH; which++) this.catalog.announce(this.hostOf(n, which), facts, SAMPLE_HOLDING);
  }

  /** Hosts are listed, or no document would have any. */
  async fill(each: (n: number) => void = (n) => this.add(n)): Promise<void> {
    for (const host of this.hosts) this.catalog.setListed(host, true);
    for (let n = 0; n < this.documents; n++) {
      each(n);
      if (n % 200 === 0) await setImmediate();
    }
  }
}
