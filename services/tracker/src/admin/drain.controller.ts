import { Body, Controller, HttpCode, Inject, Post, Req } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, jsonSchemaOf, Problems } from '@pageswarm/http';
import type { FastifyRequest } from 'fastify';
import { Drain } from '../access/drain.ts';
import { TrackerContext } from '../tracker-context.ts';
import { type DrainRequest, DrainRequestSchema, DrainSchema, type DrainView } from './access-shapes.ts';

/** Takes the tracker out of use in order. */
@ApiTags('admin')
@Controller('drain')
export class DrainController {
  constructor(
    @Inject(Drain) private readonly drain: Drain,
    @Inject(TrackerContext) private readonly context: TrackerContext,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Takes nothing in any more, is not ready, tells BitTorrent clients when to try again, and ends after so many milliseconds',
  })
  @ApiBody({ required: false, schema: jsonSchemaOf(DrainRequestSchema) })
  @Answers(202, 'When it ends.', DrainSchema)
  @Problems('INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN')
  begin(@Body({ schema: DrainRequestSchema }) { ms }: DrainRequest, @Req() request: FastifyRequest): DrainView {
    this.drain.begin(ms);
    this.context.logger.warn({ ms, by: request.ip }, 'drained by an admin');
    return { endsAt: new Date(this.context.clock.now() + ms).toISOString() };
  }
}
