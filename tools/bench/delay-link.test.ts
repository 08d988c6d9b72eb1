import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { expect, it } from '@jest/globals';
import { DelayLink } from './delay-link.ts';

it('a delay link brings all bytes in order, after its round trip', async () => {
  const echo = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  const link = new DelayLink(60);
  link.target = (echo.address() as AddressInfo).port;
  const socket = connect(await link.listen(), '127.0.0.1');
  await once(socket, 'connect');
  const sent = Buffer.from(Array.from({ length: 50_000 }, (_, index) => index % 251));
  const started = performance.now();
  socket.write(sent);
  const came: Buffer[] = [];
  for await (const chunk of socket) {
    if (came.length === 0) expect(performance.now() - started).toBeGreaterThan(55);
    came.push(chunk);
    if (came.reduce((sum, { length }) => sum + length, 0) === sent.length) break;
  }
  expect(Buffer.concat(came).equals(sent)).toBe(true);
  socket.destroy();
  link.close();
  echo.close();
});
