import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { connect } from 'node:net';
import { pipeline } from 'node:stream/promises';

/**
 * Copies a file over a plain loopback socket from another process, without framing, hashing or a protocol:
 * what this machine can do at best with node:net.
 * @returns seconds from the connection to the last byte on disk
 */
export async function rawCopy(source: string, target: string): Promise<number> {
  const sender = fork(new URL('./raw-sender.child.js', import.meta.url), [source]);
  const [port] = (await once(sender, 'message')) as [number];
  const started = performance.now();
  await pipeline(connect(port, '127.0.0.1'), createWriteStream(target));
  const seconds = (performance.now() - started) / 1_000;
  sender.kill();
  return seconds;
}
