import { Inject } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { parseMessage, type RenderHead, RenderRequestSchema, WORKER_PATTERNS } from '@pageswarm/contracts';
import { ByteReply, SwarmContext, SwarmController } from '@pageswarm/transport';
import { documentOf } from '../documents/document-request.ts';
import { singleChunk } from '../documents/single-chunk.ts';
import { RenderService } from './render.service.ts';

@SwarmController()
export class RenderController {
  constructor(@Inject(RenderService) private readonly service: RenderService) {}

  /** The body is the PNG. */
  @MessagePattern(WORKER_PATTERNS.render)
  async render(@Payload() data: unknown, @Ctx() context: SwarmContext): Promise<ByteReply<RenderHead>> {
    const { page, width, ...document } = parseMessage(RenderRequestSchema, data);
    const { value, output } = await this.service.render(documentOf(document, context), { page, width }, context.signal);
    return new ByteReply<RenderHead>(value, singleChunk(output));
  }
}
