import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BittorrentTracker } from './bittorrent.service.ts';

/** What BitTorrent clients call. The queries are read as bytes, so never through the parsed ones of the framework. */
@Controller()
@ApiExcludeController()
export class BittorrentController {
  constructor(@Inject(BittorrentTracker) private readonly tracker: BittorrentTracker) {}

  @Get('announce')
  announce(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.send(reply, this.tracker.announce(request.raw.url ?? '', request.ip));
  }

  @Get('scrape')
  scrape(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.send(reply, this.tracker.scrape(request.raw.url ?? ''));
  }

  private send(reply: FastifyReply, answer: Uint8Array): void {
    void reply.header('content-type', 'text/plain').header('cache-control', 'no-store').send(answer);
  }
}
