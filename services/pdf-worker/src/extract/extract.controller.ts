import { Inject } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import { type ExtractHead, ExtractRequestSchema, JoinPagesRequestSchema, parseMessage, WORKER_PATTERNS } from '@pageswarm/contracts';
import { ByteReply, SwarmContext, SwarmController } from '@pageswarm/transport';
import { documentOf } from '../documents/document-request.ts';
import { singleChunk } from '../documents/single-chunk.ts';
import { ExtractService } from './extract.service.ts';
import { JoinService } from './join.service.ts';

@SwarmController()
export class ExtractController {
  constructor(
    @Inject(ExtractService) private readonly service: ExtractService,
    @Inject(JoinService) private readonly joins: JoinService,
  ) {}

  /** The body is the PDF. */
  @MessagePattern(WORKER_PATTERNS.extract)
  async extract(@Payload() data: unknown, @Ctx() context: SwarmContext): Promise<ByteReply<ExtractHead>> {
    const request = parseMessage(ExtractRequestSchema, data);
    const { value, output } = await this.service.extract(documentOf(request, context), request.pages, context.signal);
    return new ByteReply<ExtractHead>(value, singleChunk(output));
  }

  /** The body is the PDF. */
  @MessagePattern(WORKER_PATTERNS.join)
  async join(@Payload() data: unknown, @Ctx() context: SwarmContext): Promise<ByteReply<ExtractHead>> {
    const { parts } = parseMessage(JoinPagesRequestSchema, data);
    const located = parts.map((part) => ({ document: documentOf(part, context), pages: part.pages }));
    const { value, output } = await this.joins.join(located, context.signal);
    return new ByteReply<ExtractHead>(value, singleChunk(output));
  }
}
