// Takes a file from a port, hashes each 16 KiB of it and writes it; tells its parent the seconds from the connection to the last byte.
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { connect } from 'node:net';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LEAF_BLOCK_BYTES } from '@pageswarm/primitives';

const [, , port, target] = process.argv;

/** Blocks are cut where chunks end, which hashes as many bytes in at least as many pieces. */
const hashing = new Transform({
  readableHighWaterMark: 1_048_576,
  writableHighWaterMark: 1_048_576,
  transform(chunk: Buffer, _, done) {
    for (let offset = 0; offset < chunk.length; offset += LEAF_BLOCK_BYTES)
      createHash('sha256')
        .update(chunk.subarray(offset, offset + LEAF_BLOCK_BYTES))
        .digest();
    done(null, chunk);
  },
});
process.once('message', async () => {
  const started = performance.now();
  await pipeline(connect(Number(port), '127.0.0.1'), hashing, createWriteStream(target as string, { highWaterMark: 1_048_576 }));
  process.send?.((performance.now() - started) / 1_000);
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
