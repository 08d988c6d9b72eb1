import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ByteReply, NO_METRICS } from './index.ts';
import { CountingMetrics } from './testing/counting-metrics.ts';
import { loopback, QuietLogger, until } from './testing/loopback.ts';

const swarm = loopback(afterEach);

describe('metrics', () => {
  it('return to zero and count every byte of both ends', async () => {
    const [atServer, atClient] = [new CountingMetrics(), new CountingMetrics()];
    const server = await swarm.listen(
      (s) =>
        s
          .route('n', () => 1)
          .route(
            'file',
            () =>
              new ByteReply(
                null,
                (async function* () {
                  for (let index = 0; index < 40; index++) yield Buffer.alloc(65_536);
                })(),
              ),
          ),
      { metrics: atServer },
    );
    const client = swarm.connect(server, { metrics: atClient });
    await client.request('n');
    const { body } = await client.bytes('file');
    await until(() => atServer.counts.stalls === 1, 'the stall');
    for await (const _chunk of body);
    await client.ping();
    await client.close();
    await until(() => atServer.counts.open === 0, 'the close');
    expect(atServer.counts).toMatchObject({ open: 0, streams: 0, stalls: expect.any(Number) });
    expect(atClient.counts).toMatchObject({ open: 0, streams: 0, pings: 1 });
    expect(atServer.counts.out).toBe(atClient.counts.in);
    expect(atServer.counts.in).toBe(atClient.counts.out);
    expect(atClient.closed).toEqual(['out local-close']);
    expect(NO_METRICS.bytes('in', 1)).toBeUndefined();
  });
});

describe('a frame trace', () => {
  it('names every frame of both directions and no payload', async () => {
    const lines: string[] = [];
    const logger = { ...new QuietLogger(), error() {}, warn() {}, debug: (line: unknown) => lines.push(String(line)) };
    const server = await swarm.listen((s) =>
      s.route('file', () => new ByteReply({ secret: 'head' }, Readable.from([Buffer.from('secret body')]))),
    );
    const client = swarm.connect(server, { logger, traceFrames: true });
    const { body } = await client.bytes('file', 'secret question');
    for await (const _chunk of body);
    const frames = lines.map((line) => line.replace(/127\.0\.0\.1:\d+ /, '').replace(/ flags=.*/, ''));
    expect(frames).toEqual(
      expect.arrayContaining(['< HELLO stream=0', '< READY stream=0', '> REQUEST stream=1', '< HEAD stream=1', '< DATA stream=1']),
    );
    expect(lines.join()).not.toContain('secret');
  });
});
