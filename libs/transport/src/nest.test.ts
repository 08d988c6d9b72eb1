import { Readable } from 'node:stream';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  type CanActivate,
  Controller,
  HttpException,
  type INestMicroservice,
  Inject,
  Injectable,
  Module,
  type NestInterceptor,
  ParseIntPipe,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, Ctx, EventPattern, MessagePattern, Payload, RpcException } from '@nestjs/microservices';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { PageSwarmError, peerId } from '@pageswarm/primitives';
import { firstValueFrom, interval, lastValueFrom, map, of, take, tap, toArray } from 'rxjs';
import {
  ByteReply,
  type ByteStream,
  type NodeIdentity,
  SWARM_TRANSPORT,
  SwarmClient,
  SwarmContext,
  SwarmController,
  SwarmServer,
} from './index.ts';

const TRACKER: NodeIdentity = { peerId: peerId('a'.repeat(40)), role: 'tracker' };
const PEER: NodeIdentity = { peerId: peerId('b'.repeat(40)), role: 'peer' };

const seen: unknown[] = [];
let lastTick = 0;

@Injectable()
class Refuse implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

@Injectable()
class Wrap implements NestInterceptor {
  intercept(_context: unknown, next: { handle(): import('rxjs').Observable<unknown> }) {
    return next.handle().pipe(map((value) => (value instanceof ByteReply ? value : { wrapped: value })));
  }
}

@SwarmController()
class Library {
  @MessagePattern('sum')
  sum(@Payload() numbers: number[]): number {
    return numbers.reduce((a, b) => a + b, 0);
  }
  @MessagePattern({ cmd: 'who', v: 1 })
  who(@Ctx() context: SwarmContext) {
    return { role: context.peer.role, metadata: context.getMetadata(), pattern: context.getPattern() };
  }
  @MessagePattern('ticks')
  ticks() {
    return interval(5).pipe(tap((n) => (lastTick = n)));
  }
  @MessagePattern('several')
  several() {
    return of(1, 2, 3);
  }
  @MessagePattern('async')
  async *async() {
    yield 'a';
    yield 'b';
  }
  @MessagePattern('file')
  file() {
    return new ByteReply({ name: 'f' }, Readable.from([Buffer.from('hello '), Buffer.from('world')]));
  }
  @MessagePattern('wrapped-file')
  @UseInterceptors(Wrap)
  wrappedFile() {
    return this.file();
  }
  @MessagePattern('readable')
  readable() {
    return Readable.from([Buffer.from('raw')]);
  }
  @MessagePattern('wrapped')
  @UseInterceptors(Wrap)
  wrapped() {
    return 1;
  }
  @MessagePattern('guarded')
  @UseGuards(Refuse)
  guarded() {
    return 1;
  }
  @MessagePattern('piped')
  piped(@Payload(ParseIntPipe) value: number) {
    return value;
  }
  @MessagePattern('ours')
  ours() {
    throw new PageSwarmError('DOCUMENT_NOT_FOUND', 'no such');
  }
  @MessagePattern('rpc')
  rpc() {
    throw new RpcException({ code: 'WRONG_STATE', detail: 'not now' });
  }
  @MessagePattern('http')
  http() {
    throw new HttpException('gone', 404);
  }
  @MessagePattern('void')
  nothing() {}
  @MessagePattern('upload')
  async upload(@Ctx() { requestBody }: SwarmContext) {
    return requestBody && text(requestBody);
  }
  @MessagePattern('upper')
  upper(@Ctx() { requestBody }: SwarmContext) {
    return new ByteReply(null, uppercased(requestBody as ByteStream));
  }
  @EventPattern('happened')
  happened(@Payload() data: unknown) {
    seen.push(data);
  }
  @EventPattern('happened')
  happenedToo(@Payload() data: unknown) {
    seen.push(data);
  }
}

@Injectable()
class Caller {
  constructor(@Inject('SWARM') readonly client: SwarmClient) {}
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function serve(controllers: Type[] = [Library]) {
  const strategy = new SwarmServer({ host: '127.0.0.1', port: 0, identity: TRACKER });
  const module = await Test.createTestingModule({ controllers }).compile();
  const app: INestMicroservice = module.createNestMicroservice({ strategy, logger: false });
  await app.listen();
  const client = new SwarmClient({ endpoint: strategy.address(), identity: PEER });
  closers.push(
    () => client.close(),
    () => app.close(),
  );
  return { client, strategy, app };
}

async function text(body: AsyncIterable<Uint8Array>) {
  let all = '';
  for await (const chunk of body) all += Buffer.from(chunk).toString();
  return all;
}

async function* uppercased(bytes: ByteStream) {
  for await (const chunk of bytes) yield Buffer.from(Buffer.from(chunk).toString().toUpperCase());
}

describe('a Nest microservice on the swarm transport', () => {
  it('hands byte streams to handlers, which may answer with one meanwhile', async () => {
    const { client } = await serve();
    const requestBody = (): Readable => Readable.from([Buffer.from('to '), Buffer.from('you')]);
    expect(await client.request('upload', null, { requestBody: requestBody() })).toBe('to you');
    expect(await client.request('upload', null)).toBeUndefined();
    expect(await text((await client.bytes('upper', null, { requestBody: requestBody() })).body)).toBe('TO YOU');
  });

  it('answers with values, promises, observables, iterables and bytes', async () => {
    const { client } = await serve();
    expect(await client.request('sum', [1, 2, 3])).toBe(6);
    expect(await lastValueFrom(client.send('several', {}).pipe(toArray()))).toEqual([1, 2, 3]);
    expect(await lastValueFrom(client.send('async', {}).pipe(toArray()))).toEqual(['a', 'b']);
    expect(await firstValueFrom(client.send('sum', [4]))).toBe(4);
    const file = await client.bytes('file', {});
    expect(file.head).toEqual({ name: 'f' });
    expect(await text(file.body)).toBe('hello world');
    expect(await text((await client.bytes('wrapped-file', {})).body)).toBe('hello world');
    expect(await text((await client.bytes('readable', {})).body)).toBe('raw');
    expect(await client.request('wrapped', {})).toEqual({ wrapped: 1 });
    expect(await client.request('void')).toBeUndefined();
  });

  it('hands metadata and object patterns on', async () => {
    const { client } = await serve();
    client.setOnDispatchHook((packet) => {
      packet.metadata = { trace: '1' };
    });
    expect(await client.request({ v: 1, cmd: 'who' }, {}, { metadata: { more: '2' } })).toEqual({
      role: 'peer',
      metadata: { trace: '1', more: '2' },
      pattern: '{"cmd":"who","v":1}',
    });
  });

  it('maps what handlers, guards and pipes throw', async () => {
    const { client } = await serve();
    await expect(client.request('ours')).rejects.toMatchObject({ code: 'DOCUMENT_NOT_FOUND', detail: 'no such' });
    await expect(client.request('rpc')).rejects.toMatchObject({ code: 'WRONG_STATE', detail: 'not now' });
    await expect(client.request('http')).rejects.toMatchObject({ code: 'NOT_FOUND', detail: 'gone' });
    await expect(client.request('guarded')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    await expect(client.request('piped', 'x')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
    await expect(lastValueFrom(client.send('ours', {}))).rejects.toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
  });

  it('stops a stream when the subscriber leaves', async () => {
    const { client } = await serve();
    expect(await lastValueFrom(client.send('ticks', {}).pipe(take(2), toArray()))).toEqual([0, 1]);
    await client.ping();
    const tick = lastTick;
    await new Promise((resolve) => setTimeout(resolve, 40));
    expect(lastTick).toBe(tick);
  });

  it('runs every handler of an event', async () => {
    const { client } = await serve();
    seen.length = 0;
    await client.event('happened', 1);
    await lastValueFrom(client.emit('happened', 2), { defaultValue: null });
    await client.ping();
    expect(seen).toEqual([1, 1, 2, 2]);
  });

  it('refuses two handlers of one message pattern', async () => {
    @Controller()
    class Another {
      @MessagePattern('sum')
      sum() {
        return 0;
      }
    }
    await expect(serve([Library, Another])).rejects.toMatchObject({ code: 'INVALID_CONFIGURATION' });
  });

  it('runs in a hybrid app, with clients from ClientsModule', async () => {
    const strategy = new SwarmServer({ host: '127.0.0.1', port: 0, identity: TRACKER });
    @Module({
      imports: [
        ClientsModule.registerAsync([
          {
            name: 'SWARM',
            useFactory: () => ({
              customClass: SwarmClient,
              options: { endpoint: { host: '127.0.0.1', port: strategy.address().port }, identity: PEER },
            }),
          },
        ]),
      ],
      providers: [Caller],
    })
    class Clients {}
    @Module({ controllers: [Library] })
    class Servers {}
    const app = await NestFactory.create(Servers, new FastifyAdapter(), { logger: false });
    const microservice = app.connectMicroservice({ strategy }, { inheritAppConfig: true });
    expect(microservice).toBeDefined();
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const callers = await NestFactory.createApplicationContext(Clients, { logger: false });
    callers.enableShutdownHooks();
    expect(await firstValueFrom(callers.get(Caller).client.send('sum', [1, 1]))).toBe(2);
    await app.close();
    await expect(callers.get(Caller).client.request('sum', [1])).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
    await callers.close();
  });
  it('has a transport id of its own', () => {
    expect(typeof SWARM_TRANSPORT).toBe('symbol');
  });
});
