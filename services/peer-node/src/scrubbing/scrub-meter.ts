import { Counter, type Registry } from 'prom-client';

/** Counts what the check of stored documents found. */
export class ScrubMeter {
  private readonly bytes: Counter;
  private readonly rottenPieces: Counter;
  private readonly failures: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.bytes = new Counter({
      name: 'pageswarm_peer_scrubbed_bytes_total',
      help: 'Bytes of stored documents that were checked again.',
      registers,
    });
    this.rottenPieces = new Counter({
      name: 'pageswarm_peer_rotten_pieces_total',
      help: 'Stored pieces that changed on the disk.',
      registers,
    });
    this.failures = new Counter({
      name: 'pageswarm_peer_scrub_failures_total',
      help: 'Stored documents that could not be read to be checked.',
      registers,
    });
  }

  checked(bytes: number): void {
    this.bytes.inc(bytes);
  }

  rotten(pieces: number): void {
    this.rottenPieces.inc(pieces);
  }

  failed(): void {
    this.failures.inc();
  }
}
