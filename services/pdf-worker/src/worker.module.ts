import { type DynamicModule, Module } from '@nestjs/common';
import { HttpModule, type Readiness } from '@pageswarm/http';
import type { Registry } from 'prom-client';
import { DocumentSources } from './documents/document-sources.ts';
import { ExtractController } from './extract/extract.controller.ts';
import { ExtractService } from './extract/extract.service.ts';
import { JoinService } from './extract/join.service.ts';
import { InspectController } from './inspect/inspect.controller.ts';
import { InspectService } from './inspect/inspect.service.ts';
import { ChildPool } from './pool/child-pool.ts';
import { RenderController } from './render/render.controller.ts';
import { RenderService } from './render/render.service.ts';

export interface WorkerParts {
  readonly registry: Registry;
  readonly readiness: Readiness;
  readonly pool: ChildPool;
  readonly sources: DocumentSources;
}

/** The pdf-worker: four requests on the swarm transport, and health and metrics over HTTP. */
@Module({})
export class WorkerModule {
  static with({ registry, readiness, pool, sources }: WorkerParts): DynamicModule {
    return {
      module: WorkerModule,
      imports: [HttpModule.register(registry, readiness)],
      controllers: [InspectController, ExtractController, RenderController],
      providers: [
        { provide: ChildPool, useValue: pool },
        { provide: DocumentSources, useValue: sources },
        InspectService,
        ExtractService,
        JoinService,
        RenderService,
      ],
    };
  }
}
