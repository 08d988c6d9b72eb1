import { Controller, Get, Header, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { Answers, AnswersBytes } from './api-docs.ts';
import { Readiness } from './readiness.ts';

const AliveSchema = z.object({ status: z.literal('alive') });
const ReadySchema = z.object({ ready: z.boolean(), checks: z.record(z.string(), z.object({ ok: z.boolean(), detail: z.string() })) });

/** Alive, useful, and the numbers: what orchestrators and Prometheus ask. */
@Controller()
@ApiTags('health')
export class StatusController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Registry) private readonly registry: Registry,
  ) {}

  @Get('healthz')
  @ApiOperation({ summary: 'Whether the process is alive' })
  @Answers(200, 'It is.', AliveSchema)
  alive(): { status: string } {
    return { status: 'alive' };
  }

  @Get('readyz')
  @ApiOperation({ summary: 'Whether the service is useful, and what it lacks' })
  @Answers(200, 'It is useful.', ReadySchema)
  @Answers(503, 'It is not, or it is shutting down.', ReadySchema)
  async useful(@Res() reply: FastifyReply): Promise<void> {
    const report = this.readiness.report();
    await reply.status(report.ready ? 200 : 503).send(report);
  }

  @Get('metrics')
  @ApiOperation({ summary: 'The numbers for Prometheus' })
  @AnswersBytes(200, 'Metrics as text.', 'text/plain')
  @Header('content-type', Registry.PROMETHEUS_CONTENT_TYPE)
  metrics(): Promise<string> {
    return this.registry.metrics();
  }
}
