import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { buildPageMap } from '@pageswarm/page-map';
import { MemoryByteSource } from '@pageswarm/primitives';
import { freePorts, noise, noisePdf, SlowLink, TemporaryFolders, waitUntil } from './index.ts';

describe('what tests are given', () => {
  it('are ports that are free and not the same', async () => {
    const ports = await freePorts(20);
    expect(new Set(ports).size).toBe(20);
    for (const port of ports.slice(0, 3)) {
      const server = createServer().listen(port, '127.0.0.1');
      await once(server, 'listening');
      server.close();
    }
  });

  it('are folders that vanish with what is in them', async () => {
    const folders = new TemporaryFolders();
    const [one, two] = [await folders.make('x'), await folders.make('x')];
    expect(one).not.toBe(two);
    await writeFile(join(one, 'file'), 'x');
    await folders.remove();
    expect([existsSync(one), existsSync(two)]).toEqual([false, false]);
  });

  it('are PDFs of noise: the same for a seed, of the size that was wanted, with pages that can be mapped', async () => {
    const options = { pages: 5, pageBytes: 100_000, seed: 3 };
    const pdf = noisePdf(options);
    expect(noisePdf(options).equals(pdf)).toBe(true);
    expect(noisePdf({ ...options, seed: 4 }).equals(pdf)).toBe(false);
    expect(pdf.length).toBeGreaterThanOrEqual(500_000);
    expect(pdf.length).toBeLessThan(525_000);
    const map = await buildPageMap(new MemoryByteSource(pdf), { pieceLength: 16_384 });
    expect([map.mapped, map.pageCount, map.reason]).toEqual([true, 5, undefined]);
    expect(noise(1_000, 1).equals(noise(1_000, 2))).toBe(false);
  });

  it('is patience with an end', async () => {
    let looks = 0;
    expect(await waitUntil('three looks', 1_000, () => ++looks === 3 && 'seen')).toBe('seen');
    const failing = waitUntil('a miracle', 60, () => Promise.reject(new Error('not today')));
    await expect(failing).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining('a miracle'), cause: expect.anything() }),
    );
  });
});

describe('a slow link', () => {
  it('brings every byte, no faster than its rate over all connections together', async () => {
    const bytes = noise(300_000, 'link');
    const server = createServer((socket) => socket.resume().end(bytes)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const [port] = (await freePorts(1)) as [number];
    const target = { host: '127.0.0.1', port: (server.address() as { port: number }).port };
    const link = new SlowLink(() => target, 2_000_000);
    await link.listen(port);
    const started = performance.now();
    const received = await Promise.all([read(port), read(port)]);
    expect(performance.now() - started).toBeGreaterThan(250);
    for (const one of received) expect(one.equals(bytes)).toBe(true);
    server.close();
    await once(server, 'close');
    // With nobody behind it, it hangs up at once.
    expect((await read(port)).length).toBe(0);
    await link.close();
  });
});

async function read(port: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.on('data', (chunk) => chunks.push(chunk));
  await once(socket, 'close');
  return Buffer.concat(chunks);
}
