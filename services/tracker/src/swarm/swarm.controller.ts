import { Inject } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import {
  type AnnounceReply,
  AnnounceRequestSchema,
  type HandoutReply,
  type JoinReply,
  JoinRequestSchema,
  LookupRequestSchema,
  ProgressRequestSchema,
  parseMessage,
  type RenewReply,
  TRACKER_PATTERNS,
  WithdrawRequestSchema,
} from '@pageswarm/contracts';
import { SwarmContext, SwarmController } from '@pageswarm/transport';
import { SwarmService } from './swarm.service.ts';

/** What peers say about themselves and what they hold, on the swarm transport. The sender is the node of the handshake. */
@SwarmController()
export class SwarmMessagesController {
  constructor(@Inject(SwarmService) private readonly swarm: SwarmService) {}

  @MessagePattern(TRACKER_PATTERNS.join)
  join(@Payload() data: unknown, @Ctx() context: SwarmContext): Promise<JoinReply> {
    return this.swarm.join(context.peer.peerId, parseMessage(JoinRequestSchema, data), context.remoteAddress);
  }

  @MessagePattern(TRACKER_PATTERNS.renew)
  renew(@Ctx() context: SwarmContext): Promise<RenewReply> {
    return this.swarm.renew(context.peer.peerId);
  }

  @MessagePattern(TRACKER_PATTERNS.leave)
  leave(@Ctx() context: SwarmContext): object {
    this.swarm.leave(context.peer.peerId);
    return {};
  }

  @MessagePattern(TRACKER_PATTERNS.announce)
  announce(@Payload() data: unknown, @Ctx() context: SwarmContext): AnnounceReply {
    return this.swarm.announce(context.peer.peerId, parseMessage(AnnounceRequestSchema, data));
  }

  @MessagePattern(TRACKER_PATTERNS.progress)
  progress(@Payload() data: unknown, @Ctx() context: SwarmContext): object {
    this.swarm.progress(context.peer.peerId, parseMessage(ProgressRequestSchema, data));
    return {};
  }

  @MessagePattern(TRACKER_PATTERNS.withdraw)
  withdraw(@Payload() data: unknown, @Ctx() context: SwarmContext): object {
    this.swarm.withdraw(context.peer.peerId, parseMessage(WithdrawRequestSchema, data));
    return {};
  }

  @MessagePattern(TRACKER_PATTERNS.hosts)
  hosts(@Payload() data: unknown, @Ctx() context: SwarmContext): HandoutReply {
    return this.swarm.handOut(context.peer.peerId, parseMessage(LookupRequestSchema, data).id);
  }
}
