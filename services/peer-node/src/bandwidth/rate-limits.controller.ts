import { Body, Controller, Get, Inject, Patch } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { Answers, jsonSchemaOf, Problems } from '@pageswarm/http';
import { NodeBandwidth } from './node-bandwidth.ts';
import { type ChangeRateLimits, ChangeRateLimitsSchema, type RateLimits, RateLimitsSchema } from './rate-limits.ts';

@Controller('node/limits')
@ApiTags('node')
export class RateLimitsController {
  constructor(@Inject(NodeBandwidth) private readonly bandwidth: NodeBandwidth) {}

  @Get()
  @Answers(200, 'Rate limits in bytes per second; null is without limit.', RateLimitsSchema)
  read(): RateLimits {
    return this.bandwidth.limits;
  }

  @Patch()
  @ApiBody({ schema: jsonSchemaOf(ChangeRateLimitsSchema) })
  @Answers(200, 'The limits that hold from now on, until the next start.', RateLimitsSchema)
  @Problems('INVALID_REQUEST')
  change(@Body({ schema: ChangeRateLimitsSchema }) changes: ChangeRateLimits): RateLimits {
    this.bandwidth.change(changes);
    return this.bandwidth.limits;
  }
}
