import { Body, Controller, Delete, Get, HttpCode, Inject, Patch } from '@nestjs/common';
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
  @Answers(200, 'The limits that hold from now on, also after a restart.', RateLimitsSchema)
  @Problems('INVALID_REQUEST', 'STORE_FULL', 'STORE_FAILED')
  async change(@Body({ schema: ChangeRateLimitsSchema }) changes: ChangeRateLimits): Promise<RateLimits> {
    await this.bandwidth.change(changes);
    return this.bandwidth.limits;
  }

  @Delete()
  @HttpCode(200)
  @Answers(200, 'The limits of the environment, which hold again.', RateLimitsSchema)
  @Problems('STORE_FULL', 'STORE_FAILED')
  async reset(): Promise<RateLimits> {
    await this.bandwidth.reset();
    return this.bandwidth.limits;
  }
}
