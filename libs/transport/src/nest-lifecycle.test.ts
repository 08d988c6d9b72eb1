import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { Controller, Inject, Injectable, Module, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ClientsModule, CONTEXT, MessagePattern } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { PageSwarmError } from '@pageswarm/primitives';
import { lastValueFrom, of } from 'rxjs';
import { SwarmClient, type SwarmContext, SwarmController, SwarmServer } from './index.ts';
import { PEER, TRACKER } from './testing/loopback.ts';

@Injectable()
class Caller {
  constructor(@Inject('SWARM') readonly client: SwarmClient) {}
}

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

describe('the lifecycle of a Nest application', () => {
  it('closes clients of ClientsModule.register and answers running requests before modules are shut down', async () => {
    const strategy = new SwarmServer({ host: '127.0.0.1', port: 0, identity: TRACKER });
    const order: string[] = [];
    @Controller()
    class Slow {
      @MessagePattern('slow')
      async slow() {
        await new Promise((resolve) => setTimeout(resolve, 60));
        order.push('answered');
        return 'done';
      }
      beforeApplicationShutdown() {
        order.push('before shutdown');
      }
      onApplicationShutdown() {
        order.push('shutdown');
      }
    }
    @Module({ controllers: [Slow] })
    class Servers {}
    const app = await NestFactory.createMicroservice(Servers, { strategy, logger: false });
    await app.listen();
    @Module({
      imports: [
        ClientsModule.register([{ name: 'SWARM', customClass: SwarmClient, options: { endpoint: strategy.address(), identity: PEER } }]),
      ],
      providers: [Caller],
    })
    class Clients {}
    const callers = await NestFactory.createApplicationContext(Clients, { logger: false });
    const { client } = callers.get(Caller);
    const slow = client.request('slow');
    await client.ping();
    await app.close();
    expect(await slow).toBe('done');
    expect(order).toEqual(['answered', 'before shutdown', 'shutdown']);
    await callers.close();
    await expect(client.request('slow')).rejects.toMatchObject({ code: 'GOING_AWAY' });
  });

  it('answers running requests on a signal too, where Nest shuts the transport down after its modules', async () => {
    const strategy = new SwarmServer({ host: '127.0.0.1', port: 0, identity: TRACKER });
    const order: string[] = [];
    @Controller()
    class Slow {
      @MessagePattern('slow')
      async slow() {
        await new Promise((resolve) => setTimeout(resolve, 60));
        order.push('answered');
        return 'done';
      }
      onModuleDestroy() {
        order.push('destroy');
      }
      beforeApplicationShutdown(signal: string) {
        order.push(`before ${signal}`);
      }
      onApplicationShutdown(signal: string) {
        order.push(`after ${signal}`);
      }
    }
    @Module({ controllers: [Slow] })
    class Servers {}
    const app = await NestFactory.createMicroservice(Servers, { strategy, logger: false });
    app.enableShutdownHooks(['SIGUSR2']);
    await app.listen();
    const client = new SwarmClient({ endpoint: strategy.address(), identity: PEER });
    closers.push(() => client.close());
    const slow = client.request('slow');
    await client.ping();
    // Nest ends the process by sending itself the signal once more.
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => true);
    try {
      process.emit('SIGUSR2', 'SIGUSR2');
      expect(await slow).toBe('done');
      while (kill.mock.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    } finally {
      kill.mockRestore();
    }
    expect(order).toEqual(['destroy', 'before SIGUSR2', 'answered', 'after SIGUSR2']);
    await expect(client.request('slow')).rejects.toMatchObject({ code: 'CONNECTION_REFUSED' });
  });

  it('gives request-scoped controllers their context and runs the hooks around each message once', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Whoami {
      constructor(@Inject(CONTEXT) readonly request: { getContext(): SwarmContext }) {}
    }
    @SwarmController()
    class Scoped {
      constructor(@Inject(Whoami) readonly whoami: Whoami) {}
      @MessagePattern('who')
      who() {
        return this.whoami.request.getContext().peer.role;
      }
      @MessagePattern('three')
      three() {
        return of(1, 2, 3);
      }
      @MessagePattern('fails')
      fails() {
        throw new PageSwarmError('NO_HOSTS', 'none');
      }
    }
    const strategy = new SwarmServer({ host: '127.0.0.1', port: 0, identity: TRACKER });
    const hooks: string[] = [];
    strategy.setOnProcessingStartHook((_id, context, done) => {
      hooks.push(`start ${(context as SwarmContext).getPattern()}`);
      void done();
    });
    strategy.setOnProcessingEndHook((_id, context) => hooks.push(`end ${(context as SwarmContext).getPattern()}`));
    const module = await Test.createTestingModule({ controllers: [Scoped], providers: [Whoami] }).compile();
    const app = module.createNestMicroservice({ strategy, logger: false });
    await app.listen();
    const client = new SwarmClient({ endpoint: strategy.address(), identity: PEER });
    closers.push(
      () => client.close(),
      () => app.close(),
    );
    expect(await client.request('who')).toBe('peer');
    expect(await lastValueFrom(client.send('three', {}))).toBe(3);
    await expect(client.request('fails')).rejects.toMatchObject({ code: 'NO_HOSTS' });
    expect(hooks).toEqual(['start who', 'end who', 'start three', 'end three', 'start fails', 'end fails']);
  });
});
