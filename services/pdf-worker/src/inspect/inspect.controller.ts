import { Inject } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { type InspectionHead, parseMessage, WORKER_PATTERNS, WorkerDocumentSchema } from '@pageswarm/contracts';
import { ByteReply, SwarmContext, SwarmController } from '@pageswarm/transport';
import { documentOf } from '../documents/document-request.ts';
import { singleChunk } from '../documents/single-chunk.ts';
import { InspectService } from './inspect.service.ts';

@SwarmController()
export class InspectController {
  constructor(@Inject(InspectService) private readonly service: InspectService) {}

  /** The body is the encoded page map, layout and texts, one after another. */
  @MessagePattern(WORKER_PATTERNS.inspect)
  async inspect(@Payload() data: unknown, @Ctx() context: SwarmContext): Promise<ByteReply<InspectionHead>> {
    const document = documentOf(parseMessage(WorkerDocumentSchema, data), context);
    const { inspection, pageMap, layout, texts } = await this.service.inspect(document, context.signal);
    const bytes = { pageMap: pageMap.length, layout: layout.length, texts: texts.length };
    return new ByteReply({ ...inspection, bytes }, singleChunk(Buffer.concat([pageMap, layout, texts])));
  }
}
