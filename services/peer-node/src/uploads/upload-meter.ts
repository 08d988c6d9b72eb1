import { Inject, Injectable } from '@nestjs/common';
import { Counter, Registry } from 'prom-client';

/** Counts the document bytes that this node sends to others. */
@Injectable()
export class UploadMeter {
  private readonly bytes: Counter;

  constructor(@Inject(Registry) registry: Registry) {
    this.bytes = new Counter({
      name: 'pageswarm_peer_uploaded_bytes_total',
      help: 'Document bytes sent to other nodes.',
      registers: [registry],
    });
  }

  sent(bytes: number): void {
    this.bytes.inc(bytes);
  }
}
