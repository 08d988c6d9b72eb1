import { Controller, Get, Header, HttpCode, Inject, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { type DocumentList, DocumentListSchema } from '@pageswarm/contracts';
import { Answers, AnswersBytes, Problems, ReadsOnly } from '@pageswarm/http';
import { PageSwarmError } from '@pageswarm/primitives';
import { MAX_TORRENT_BYTES, parseMetainfo } from '@pageswarm/torrent';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { SearchRateGuard } from '../access/search-rate.guard.ts';
import { UdpTracker } from '../bittorrent/udp-tracker.ts';
import { Listing } from '../swarm/listing.ts';
import { TrackerContext } from '../tracker-context.ts';
import { attachment } from './attachment.ts';
import { publicUrlOf } from './public-url.ts';
import { TorrentFiles } from './torrent-files.service.ts';

const TorrentRequestSchema = z.object({
  /** hybrid: v1 and v2 in one. 1: plain v1, for clients that cannot read that. */
  version: z.enum(['hybrid', '1']).default('hybrid'),
});
type TorrentRequest = z.output<typeof TorrentRequestSchema>;

/** What ordinary BitTorrent clients need of a document, and finding a document by it. */
@ApiTags('documents')
@Controller('documents')
export class TorrentFilesController {
  constructor(
    @Inject(Listing) private readonly listing: Listing,
    @Inject(TorrentFiles) private readonly files: TorrentFiles,
    @Inject(UdpTracker) private readonly udp: UdpTracker,
    @Inject(TrackerContext) private readonly context: TrackerContext,
  ) {}

  @Get(':id/torrent')
  @ApiOperation({
    summary:
      'The .torrent file of a document: hybrid v1 and v2, or plain v1 for clients that cannot read that; with web seeds and the page map',
  })
  @ApiQuery({ name: 'version', required: false, enum: ['hybrid', '1'] })
  @AnswersBytes(200, 'A .torrent file.', 'application/x-bittorrent')
  @Problems('INVALID_REQUEST', 'DOCUMENT_NOT_FOUND', 'NO_HOSTS', 'LIMIT_EXCEEDED')
  async torrent(
    @Param('id') id: string,
    @Query({ schema: TorrentRequestSchema }) { version }: TorrentRequest,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const record = this.listing.record(id);
    const urls = this.announceUrls(request);
    const bytes = await (version === '1' ? this.files.plainTorrent(record, urls) : this.files.torrent(record, urls));
    await reply
      .header('content-type', 'application/x-bittorrent')
      .header('content-disposition', attachment(record.name, '.torrent'))
      .send(bytes);
  }

  @Get(':id/magnet')
  @Header('content-type', 'text/plain; charset=utf-8')
  @ApiOperation({ summary: 'The magnet link of a document' })
  @AnswersBytes(200, 'A magnet link.', 'text/plain')
  @Problems('DOCUMENT_NOT_FOUND')
  magnet(@Param('id') id: string, @Req() request: FastifyRequest): string {
    return this.files.magnet(this.listing.record(id), this.announceUrls(request));
  }

  @Post('search')
  @HttpCode(200)
  @UseGuards(SearchRateGuard)
  @ReadsOnly()
  @ApiOperation({ summary: 'Finds the document of a .torrent file by its hashes, whatever its name' })
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: { type: 'object', properties: { file: { type: 'string', format: 'binary' } } } })
  @Answers(200, 'The document, or an empty list.', DocumentListSchema)
  @Problems('INVALID_REQUEST', 'INVALID_TORRENT', 'TOO_LARGE', 'LIMIT_EXCEEDED')
  async search(@Req() request: FastifyRequest): Promise<DocumentList> {
    const file = request.isMultipart() ? await request.file({ limits: { fileSize: MAX_TORRENT_BYTES } }) : undefined;
    if (!file) throw new PageSwarmError('INVALID_REQUEST', 'Send the .torrent as a multipart field "file"');
    const { root, infoHashV1, infoHashV2 } = parseMetainfo(await file.toBuffer());
    for (const hash of [root, infoHashV2, infoHashV1]) {
      const found = hash && this.listing.find(hash);
      if (found) return { items: [found], nextCursor: null };
    }
    return { items: [], nextCursor: null };
  }

  /** HTTP, and UDP on the same host where it is on. */
  private announceUrls(request: FastifyRequest): string[] {
    const base = publicUrlOf(request, this.context.config.publicUrl);
    const http = `${base}/announce`;
    return this.udp.port === undefined ? [http] : [http, `udp://${new URL(base).hostname}:${this.udp.port}/announce`];
  }
}
