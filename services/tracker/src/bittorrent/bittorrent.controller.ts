import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { AnswersBytes } from '@pageswarm/http';
import { addressBytes } from '@pageswarm/primitives';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { HEAD_ROOM, HttpTracker } from './http-tracker.ts';

const INFO_HASH = {
  name: 'info_hash',
  description: '20 bytes, percent-encoded: the v1 info-hash, or the first 20 bytes of the v2 one (BEP 52)',
};
const ANSWERED = 'A bencoded dictionary, also for a refusal: `failure reason`, and `retry in` minutes where trying again helps (BEP 31).';

/**
 * What BitTorrent clients call, for people who read the API. A GET is answered by {@link HttpDoor} before it gets here; a
 * HEAD comes this way. The queries are read as bytes, so never through the parsed ones of the framework.
 */
@ApiTags('bittorrent')
@Controller()
export class BittorrentController {
  constructor(@Inject(HttpTracker) private readonly tracker: HttpTracker) {}

  @Get('announce')
  @ApiOperation({ summary: 'A BitTorrent client announces itself and is told of others (BEP 3, 7, 23, 31)' })
  @ApiQuery({ ...INFO_HASH, required: true })
  @ApiQuery({ name: 'peer_id', required: true, description: '20 bytes, percent-encoded' })
  @ApiQuery({ name: 'port', required: true, type: Number, description: 'Where the client is reached, at the address that it asks from' })
  @ApiQuery({ name: 'left', required: false, type: Number, description: 'Bytes that it lacks; 0 makes it a seeder' })
  @ApiQuery({ name: 'event', required: false, enum: ['started', 'completed', 'stopped'] })
  @ApiQuery({
    name: 'numwant',
    required: false,
    type: Number,
    description: 'How many peers it wants; 50 when it does not say, 100 at most',
  })
  @ApiQuery({ name: 'compact', required: false, enum: ['0', '1'], description: '0 gives dictionaries in place of `peers` and `peers6`' })
  @ApiQuery({ name: 'no_peer_id', required: false, enum: ['0', '1'], description: '1 leaves the peer ids out of those' })
  @AnswersBytes(200, ANSWERED, 'text/plain')
  announce(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { bytes, from } = queryOf(request);
    send(reply, this.tracker.announce(bytes, from, bytes.length, addressBytes(request.ip)));
  }

  @Get('scrape')
  @ApiOperation({ summary: 'Counts of the peers of one or several torrents (BEP 48)' })
  @ApiQuery({ ...INFO_HASH, required: true, isArray: true, explode: true })
  @AnswersBytes(200, `${ANSWERED} Torrents that are not known are left out.`, 'text/plain')
  scrape(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    const { bytes, from } = queryOf(request);
    send(reply, this.tracker.scrape(bytes, from, bytes.length));
  }
}

function queryOf({ raw }: FastifyRequest): { readonly bytes: Buffer; readonly from: number } {
  const bytes = Buffer.from(raw.url ?? '', 'latin1');
  const mark = bytes.indexOf('?');
  return { bytes, from: mark === -1 ? bytes.length : mark + 1 };
}

function send(reply: FastifyReply, answer: Buffer): void {
  void reply.header('content-type', 'text/plain').header('cache-control', 'no-store').send(answer.subarray(HEAD_ROOM));
}
