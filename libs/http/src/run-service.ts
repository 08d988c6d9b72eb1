import 'reflect-metadata';
import multipart from '@fastify/multipart';
import { type DynamicModule, type INestApplication, StandardSchemaValidationPipe, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { CommonConfig } from '@pageswarm/config';
import { describeIssues } from '@pageswarm/contracts';
import { type Logger, PinoNestLogger } from '@pageswarm/observability';
import { type Endpoint, PageSwarmError } from '@pageswarm/primitives';
import type { FastifyServerOptions } from 'fastify';
import { AdminGuard } from './admin.guard.ts';
import { answerClientError } from './client-errors.ts';
import { answerFrameworkError } from './framework-errors.ts';
import { serveOpenApi } from './openapi.ts';
import { ProblemFilter } from './problem.filter.ts';
import type { Readiness } from './readiness.ts';
import { StartGate } from './start-gate.ts';

/** The largest JSON body of a request, in bytes. */
export const MAX_JSON_BODY_BYTES = 1_048_576;
/** Where everything else is, as the bare address answers. */
const SIGNPOSTS = { docs: '/docs', openapi: '/openapi.json', health: '/healthz', ready: '/readyz', metrics: '/metrics' } as const;
/** The most parts of a multipart request: files and fields. */
export const MAX_MULTIPART_PARTS = 16;

export interface ServiceOptions {
  readonly title: string;
  readonly description: string;
  readonly config: CommonConfig;
  readonly logger: Logger;
  readonly readiness: Readiness;
  readonly strategy: CustomTransportStrategy & { address(): Endpoint };
  /** The largest uploaded file in bytes. */
  readonly maxUploadBytes: number;
  /** Paths outside `/api/v1`, besides health and metrics. */
  readonly bareRoutes?: readonly string[];
  readonly fastify?: FastifyServerOptions;
  /**
   * What has to be done before the service is of use. Meanwhile HTTP tells its health and answers STARTING to all else, so
   * that nobody takes a long start for a hung one, and the swarm transport does not listen yet.
   */
  readonly prepare?: () => Promise<void>;
}

export interface RunningService {
  readonly app: INestApplication;
  readonly http: Endpoint;
  readonly transport: Endpoint;
  close(): Promise<void>;
}

/**
 * Starts a service with both faces: HTTP for people, the swarm transport for nodes.
 * @throws when a port is taken or a module cannot start
 */
export async function startService(root: Type | DynamicModule, options: ServiceOptions): Promise<RunningService> {
  const { config, logger, readiness, strategy } = options;
  const adapter = new FastifyAdapter({
    forceCloseConnections: true,
    bodyLimit: MAX_JSON_BODY_BYTES,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    ...options.fastify,
  });
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, { logger: new PinoNestLogger(logger), bufferLogs: false });
  // biome-ignore lint/suspicious/noExplicitAny: the plugin's Fastify types carry another logger parameter than Nest's adapter.
  await app.register(multipart as any, {
    limits: { fileSize: options.maxUploadBytes, files: 1, parts: MAX_MULTIPART_PARTS },
    throwFileSizeLimit: true,
  });
  app.setGlobalPrefix('api/v1', { exclude: ['healthz', 'readyz', 'metrics', ...(options.bareRoutes ?? [])] });
  app.useGlobalFilters(new ProblemFilter(logger));
  app.useGlobalGuards(new AdminGuard(config.admin));
  app.useGlobalPipes(
    new StandardSchemaValidationPipe({ exceptionFactory: (issues) => new PageSwarmError('INVALID_REQUEST', describeIssues(issues)) }),
  );
  serveOpenApi(app, options.title, options.description);
  // Whoever opens the bare address is told where to look.
  const index = { service: options.title, about: options.description, ...SIGNPOSTS };
  const fastify = app.getHttpAdapter().getInstance();
  fastify.get('/', () => index);
  app.connectMicroservice({ strategy }, { inheritAppConfig: true });
  const gate = new StartGate();
  fastify.addHook('onRequest', gate.hook);
  try {
    await app.listen(config.http.port, config.http.host);
    await options.prepare?.();
    await app.startAllMicroservices();
  } catch (error) {
    await app.close();
    throw error;
  }
  gate.open();
  const address = app.getHttpServer().address() as { address: string; port: number };
  const http = { host: config.http.host, port: address.port };
  const transport = { host: config.transport.host, port: strategy.address().port };
  logger.info({ http, transport }, `${options.title} is up`);
  return {
    app,
    http,
    transport,
    close: async () => {
      readiness.leave();
      await app.close();
    },
  };
}
