// piped-file.child.js FILE: serves a file over HTTP as most programs do, by a stream that is piped. Prints its port; ends with its standard input.

import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As much at a time as a peer reads. */
const CHUNK_BYTES = 262_144;
const [path = ''] = process.argv.slice(2);
const server = createServer((_, response) => void createReadStream(path, { highWaterMark: CHUNK_BYTES }).pipe(response));
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().on('end', () => process.exit());
