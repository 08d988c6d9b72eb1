import { Inject } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { type Inspection, parseMessage, WORKER_PATTERNS, WorkerDocumentSchema } from '@pageswarm/contracts';
import { ByteReply, SwarmContext, SwarmController } from '@pageswarm/transport';
import { documentOf } from '../documents/document-request.ts';
import { singleChunk } from '../documents/single-chunk.ts';
import { InspectService } from './inspect.service.ts';

@SwarmController()
export class InspectController {
  constructor(@Inject(InspectService) private readonly service: InspectService) {}

  /** The body is the encoded page map. */
  @MessagePattern(WORKER_PATTERNS.inspect)
  async inspect(@Payload() data: unknown, @Ctx() context: SwarmContext): Promise<ByteReply<Inspection>> {
    const document = documentOf(parseMessage(WorkerDocumentSchema, data), context);
    const { inspection, map } = await this.service.inspect(document, context.signal);
    return new ByteReply(inspection, singleChunk(map));
  }
}
