import { request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Body, Controller, Delete, Get, Inject, Module, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { CommonConfig } from '@pageswarm/config';
import { createLogger, createMetricsRegistry } from '@pageswarm/observability';
import { PageSwarmError } from '@pageswarm/primitives';
import { freePorts } from '@pageswarm/testing';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Answers, HttpModule, Problems, Readiness, ReadsOnly, type RunningService, sendEventStream, startService } from './index.ts';
import { SilentStrategy } from './testing/silent-strategy.ts';

const Greeting = z.object({ name: z.string().min(2), loud: z.boolean().default(false) });
const Filter = z.object({ limit: z.coerce.number().int().max(5).default(3) });

let eventReaders = 0;

@Controller('greetings')
class GreetingController {
  constructor(@Inject(Readiness) private readonly readiness: Readiness) {}

  @Post()
  @Answers(201, 'Greeted.', Greeting)
  @Problems('INVALID_REQUEST', 'NOT_A_PDF')
  greet(@Body({ schema: Greeting }) body: z.output<typeof Greeting>) {
    return body;
  }

  @Get()
  list(@Query({ schema: Filter }) filter: z.output<typeof Filter>) {
    return { limit: filter.limit, ready: this.readiness.report().ready };
  }

  @Delete()
  refuse() {
    throw new PageSwarmError('DOCUMENT_EXISTS', 'It is here as "x.pdf"');
  }

  @Get('broken')
  broken() {
    throw new Error('a secret of the inside');
  }

  @Get('of/:name')
  greetingOf(@Param('name') name: string) {
    return { name };
  }

  @Get('events')
  events(@Res() reply: FastifyReply) {
    sendEventStream(reply, () => {
      eventReaders++;
      return () => void eventReaders--;
    });
  }

  @Post('search')
  @ReadsOnly()
  search() {
    return { found: 0 };
  }

  @Post('file')
  async file(@Req() request: FastifyRequest) {
    const part = await request.file();
    return { name: part?.filename, bytes: (await part?.toBuffer())?.length };
  }
}

const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
const readiness = new Readiness();
@Module({ imports: [HttpModule.register(createMetricsRegistry('test'), readiness)], controllers: [GreetingController] })
class GreetingModule {}

function start(admin: CommonConfig['admin'], prepare?: () => Promise<void>, port = 0): Promise<RunningService> {
  const config = { http: { host: '127.0.0.1', port }, transport: { host: '127.0.0.1', port: 0 }, admin } as CommonConfig;
  return startService(GreetingModule, {
    title: 'Test',
    description: 'A face.',
    config,
    logger,
    readiness,
    strategy: new SilentStrategy(),
    maxUploadBytes: 1_000,
    ...(prepare && { prepare }),
  });
}

describe('the HTTP face', () => {
  let service: RunningService;
  let base: string;
  const json = { 'content-type': 'application/json' };
  beforeAll(async () => {
    service = await start({ token: undefined, open: false });
    base = `http://127.0.0.1:${service.http.port}`;
  });
  afterAll(() => service.close());

  it('checks bodies and queries by their schema and fills defaults', async () => {
    const greeted = await fetch(`${base}/api/v1/greetings`, { method: 'POST', headers: json, body: '{"name":"Ada"}' });
    expect([greeted.status, await greeted.json()]).toEqual([201, { name: 'Ada', loud: false }]);
    expect(await (await fetch(`${base}/api/v1/greetings?limit=5`)).json()).toEqual({ limit: 5, ready: true });
    expect(await (await fetch(`${base}/api/v1/greetings`)).json()).toMatchObject({ limit: 3 });
  });

  it('answers every error as problem details with a stable code', async () => {
    const refused = await fetch(`${base}/api/v1/greetings`, { method: 'POST', headers: json, body: '{"name":"A"}' });
    expect(refused.headers.get('content-type')).toContain('application/problem+json');
    expect(await refused.json()).toMatchObject({
      status: 400,
      code: 'INVALID_REQUEST',
      detail: expect.stringContaining('name'),
      instance: '/api/v1/greetings',
    });
    for (const [path, init, status, code] of [
      ['/api/v1/greetings?limit=9', {}, 400, 'INVALID_REQUEST'],
      ['/api/v1/greetings', { method: 'POST', headers: json, body: '{"name":' }, 400, 'INVALID_REQUEST'],
      ['/api/v1/greetings', { method: 'POST', headers: { 'content-type': 'text/x-odd' }, body: 'x' }, 415, 'INVALID_REQUEST'],
      ['/api/v1/greetings', { method: 'DELETE' }, 409, 'DOCUMENT_EXISTS'],
      ['/api/v1/nothing', {}, 404, 'NOT_FOUND'],
      ['/nothing', {}, 404, 'NOT_FOUND'],
    ] as const) {
      const answer = await fetch(base + path, init as RequestInit);
      expect([path, await answer.json()]).toEqual([path, expect.objectContaining({ code })]);
      expect([path, answer.status]).toEqual([path, code === 'INVALID_REQUEST' ? 400 : status]);
    }
  });

  it('answers what no route sees, an address that cannot be read, as problem details too', async () => {
    for (const path of ['/api/v1/greetings/%zz', '/api/v1/greetings/%ff', `/api/v1/greetings/of/${'a'.repeat(500)}`]) {
      const answer = await fetch(base + path);
      expect(answer.headers.get('content-type')).toContain('application/problem+json');
      expect(await answer.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', instance: path });
    }
  });

  it('gives the head of an event stream to HEAD, and then ends', async () => {
    const answer = await fetch(`${base}/api/v1/greetings/events`, { method: 'HEAD', signal: AbortSignal.timeout(2_000) });
    expect(answer.headers.get('content-type')).toContain('text/event-stream');
    expect(eventReaders).toBe(0);
  });

  it('tells nothing of an unexpected error', async () => {
    const answer = await fetch(`${base}/api/v1/greetings/broken`);
    expect(answer.status).toBe(500);
    expect(await answer.text()).not.toContain('secret');
  });

  it('takes an uploaded file up to the limit and refuses a larger one', async () => {
    const upload = (bytes: number) => {
      const form = new FormData();
      form.append('file', new Blob(['x'.repeat(bytes)]), 'a.pdf');
      return fetch(`${base}/api/v1/greetings/file`, { method: 'POST', body: form });
    };
    expect(await (await upload(1_000)).json()).toEqual({ name: 'a.pdf', bytes: 1_000 });
    expect(await (await upload(1_001)).json()).toMatchObject({ code: 'TOO_LARGE', status: 413 });
  });

  it('is alive, ready, measured and described', async () => {
    expect(await (await fetch(base)).json()).toMatchObject({ service: 'Test', docs: '/docs', metrics: '/metrics' });
    expect((await fetch(`${base}/healthz`)).status).toBe(200);
    expect((await fetch(`${base}/readyz`)).status).toBe(200);
    readiness.add({ name: 'never', essential: true, check: () => ({ ok: false, detail: 'no' }) });
    expect((await fetch(`${base}/readyz`)).status).toBe(503);
    expect(await (await fetch(`${base}/metrics`)).text()).toContain('process_cpu_seconds_total');
    const openapi = (await (await fetch(`${base}/openapi.json`)).json()) as {
      paths: Record<string, { post: { requestBody: unknown; responses: Record<string, { description: string }> } }>;
    };
    expect(openapi.paths['/api/v1/greetings']?.post.responses['422']?.description).toBe('NOT_A_PDF');
    expect(openapi.paths['/api/v1/greetings']?.post.requestBody).toBeDefined();
    expect((await fetch(`${base}/docs`)).status).toBe(200);
  });

  it('tells its health while it prepares, and nothing else', async () => {
    const [port = 0] = await freePorts(1);
    const base = `http://127.0.0.1:${port}`;
    const statuses: number[] = [];
    const early: { answer?: Response; body?: unknown } = {};
    const prepare = async () => {
      for (const path of ['healthz', 'healthz?from=probe', 'metrics']) statuses.push((await fetch(`${base}/${path}`)).status);
      early.answer = await fetch(`${base}/api/v1/greetings`);
      early.body = await early.answer.json();
    };
    const late = await start({ token: undefined, open: false }, prepare, port);
    expect(statuses).toEqual([200, 200, 200]);
    expect([early.answer?.status, early.answer?.headers.get('retry-after')]).toEqual([503, '1']);
    expect(early.body).toMatchObject({ code: 'STARTING', advice: expect.stringContaining('/readyz') });
    expect((await fetch(`${base}/api/v1/greetings`)).status).toBe(200);
    await late.close();
  });

  it('frees its port when it cannot be prepared', async () => {
    const [port = 0] = await freePorts(1);
    await expect(start({ token: undefined, open: false }, () => Promise.reject(new Error('no')), port)).rejects.toThrow('no');
    const next = await start({ token: undefined, open: false }, undefined, port);
    await next.close();
  });

  it('refuses changes that a page of another site sends', async () => {
    for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) {
      const answer = await fetch(`${base}/api/v1/greetings`, { method: 'POST', headers: { ...json, ...headers }, body: '{"name":"Ada"}' });
      expect(answer.status).toBe(403);
    }
    expect(
      (await fetch(`${base}/api/v1/greetings`, { method: 'POST', headers: { ...json, origin: base }, body: '{"name":"Ada"}' })).status,
    ).toBe(201);
  });

  it('refuses changes of a page that reaches this machine under a name of its own, which it could have pointed here', async () => {
    const statusUnder = (authority: string, withOrigin = true) =>
      new Promise<number | undefined>((done, fail) => {
        const headers = { ...json, host: authority, ...(withOrigin ? { origin: `http://${authority}` } : {}) };
        const request = httpRequest(`${base}/api/v1/greetings`, { method: 'POST', headers }, (answer) => {
          answer.resume();
          done(answer.statusCode);
        });
        request.once('error', fail).end('{"name":"Ada"}');
      });
    const { port } = service.http;
    for (const own of ['localhost', 'swarm.localhost', '127.0.0.1', '192.168.1.7', '[::1]'])
      expect([own, await statusUnder(`${own}:${port}`)]).toEqual([own, 201]);
    expect(await statusUnder(`evil.example:${port}`)).toBe(403);
    expect(await statusUnder(`evil.example:${port}`, false)).toBe(201);
  });

  it('asks for the token when there is one, and only for changes', async () => {
    const token = 'a-token-of-enough-length';
    const guarded = await start({ token, open: false });
    const post = (authorization?: string) =>
      fetch(`http://127.0.0.1:${guarded.http.port}/api/v1/greetings`, {
        method: 'POST',
        headers: { ...json, ...(authorization ? { authorization } : {}) },
        body: '{"name":"Ada"}',
      });
    expect((await post()).status).toBe(401);
    expect((await post('Bearer wrong')).status).toBe(401);
    expect((await post(`Bearer ${token}`)).status).toBe(201);
    expect((await fetch(`http://127.0.0.1:${guarded.http.port}/api/v1/greetings`)).status).toBe(200);
    const search = await fetch(`http://127.0.0.1:${guarded.http.port}/api/v1/greetings/search`, { method: 'POST' });
    expect(search.status).toBe(201);
    await guarded.close();
  });
});
