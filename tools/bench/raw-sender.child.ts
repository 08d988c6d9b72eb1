// Sends one file to whoever connects, as it lies on disk; its parent is told the port.
import { createReadStream } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';

const [, , path] = process.argv;
const server = createServer((socket) => {
  createReadStream(path as string, { highWaterMark: 262_144 }).pipe(socket);
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.once('disconnect', () => process.exit());
