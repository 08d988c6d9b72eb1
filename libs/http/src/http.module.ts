import { type DynamicModule, Global, Module } from '@nestjs/common';
import { Registry } from 'prom-client';
import { Readiness } from './readiness.ts';
import { StatusController } from './status.controller.ts';

/** Gives every module of a service the metrics registry and the readiness report. */
@Global()
@Module({})
export class HttpModule {
  static register(registry: Registry, readiness: Readiness): DynamicModule {
    return {
      module: HttpModule,
      controllers: [StatusController],
      providers: [
        { provide: Registry, useValue: registry },
        { provide: Readiness, useValue: readiness },
      ],
      exports: [Registry, Readiness],
    };
  }
}
