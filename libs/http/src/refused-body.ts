import type { IncomingMessage } from 'node:http';

/** Bytes of a refused request body that are read and thrown away before its connection is cut. */
export const MAX_DISCARDED_BODY_BYTES = 67_108_864;

/**
 * Reads what is left of a request that is answered before it was read to its end. Most clients look for the answer only once
 * they have sent everything, and the next request of a connection that is kept open waits behind these bytes.
 */
export function discardRest(request: IncomingMessage): void {
  if (request.readableEnded || request.destroyed) return;
  let left = MAX_DISCARDED_BODY_BYTES;
  request.unpipe();
  request.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
  request.resume();
}
