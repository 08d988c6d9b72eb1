import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Module } from '@nestjs/common';
import type { CommonConfig } from '@pageswarm/config';
import { createLogger, createMetricsRegistry } from '@pageswarm/observability';
import { CLIENT_ERROR_LINGER_MS } from './client-errors.ts';
import { HttpModule, Readiness, type RunningService, startService } from './index.ts';
import { SilentStrategy } from './testing/silent-strategy.ts';

const readiness = new Readiness();
@Module({ imports: [HttpModule.register(createMetricsRegistry('test'), readiness)] })
class ThingModule {}

describe('below the routes', () => {
  let service: RunningService;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    service = await startService(ThingModule, {
      title: 'Test',
      description: 'A face.',
      config: {
        http: { host: '127.0.0.1', port: 0 },
        transport: { host: '127.0.0.1', port: 0 },
        admin: { token: undefined, open: false },
      } as CommonConfig,
      logger: createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' }),
      readiness,
      strategy: new SilentStrategy(),
      maxUploadBytes: 1_000,
    });
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await service.close();
  });

  function dial(): Socket {
    const socket = connect(service.http.port, '127.0.0.1');
    sockets.add(socket);
    return socket.on('error', () => {});
  }

  /** Writes `parts` one after another and gives all that comes until the service closes. */
  async function answerTo(...parts: string[]): Promise<{ status: string | undefined; head: string; body: string }> {
    const socket = dial();
    const closed = once(socket, 'close');
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    for (const part of parts) {
      socket.write(part);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await closed;
    const [head = '', body = ''] = text.split('\r\n\r\n');
    return { status: head.split(' ')[1], head, body };
  }

  it('what is no HTTP gets problem details, once however much of it comes, and the connection ends', async () => {
    const { status, head, body } = await answerTo(
      '\x16\x03\x01\x02\x00\x01\x00 no HTTP at all\r\n\r\n',
      'and more\r\n\r\n',
      'and more\r\n\r\n',
    );
    expect(status).toBe('400');
    expect(head).toContain('application/problem+json');
    expect(JSON.parse(body)).toMatchObject({ status: 400, code: 'INVALID_REQUEST', type: 'urn:pageswarm:error:INVALID_REQUEST' });
  });

  it('a head that is too long gets 431 with problem details, though its sender goes on sending', async () => {
    const started = performance.now();
    const { status, head, body } = await answerTo(`GET / HTTP/1.1\r\nx-long: ${'a'.repeat(100_000)}`, 'a'.repeat(100_000));
    expect(status).toBe('431');
    expect(head).toContain('connection: close');
    expect(JSON.parse(body)).toMatchObject({ status: 431, code: 'TOO_LARGE', detail: 'The head of the request is too long' });
    expect(performance.now() - started).toBeLessThan(CLIENT_ERROR_LINGER_MS + 1_500);
  });

  it('garbage behind a good request spoils nothing that was answered', async () => {
    const socket = dial();
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    let text = String((await once(socket, 'data'))[0]);
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.write('garbage\r\n\r\n');
    await once(socket, 'close');
    expect(text).toMatch(/^HTTP\/1.1 200 /);
    expect(text).toMatch(/\r\n\r\n{"status":"alive"}HTTP\/1.1 400 /);
  });
});
