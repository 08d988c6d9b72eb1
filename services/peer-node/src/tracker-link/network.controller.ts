import { networkInterfaces } from 'node:os';
import { Controller, Get, HttpCode, Inject, Post, Query, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import { type DocumentList, DocumentListSchema, type SearchRequest, SearchRequestSchema } from '@pageswarm/contracts';
import { Answers, Problems, ReadsOnly } from '@pageswarm/http';
import { isPageSwarmError } from '@pageswarm/primitives';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { hashInTorrent, readTorrentUpload } from './torrent-upload.ts';
import { TrackerLink } from './tracker-link.service.ts';

const InterfacesSchema = z.object({
  items: z.array(z.object({ name: z.string(), address: z.string(), family: z.string(), internal: z.boolean() })),
});

/** What the network has, asked through this node. */
@Controller('network')
@ApiTags('network')
export class NetworkController {
  constructor(@Inject(TrackerLink) private readonly trackers: TrackerLink) {}

  @Get('documents')
  @Answers(200, 'Documents of the network; everything without a query.', DocumentListSchema)
  @Problems('INVALID_REQUEST', 'TRACKER_UNAVAILABLE')
  search(@Query({ schema: SearchRequestSchema }) request: SearchRequest): Promise<DocumentList> {
    return this.trackers.search(request);
  }

  @Post('search')
  @ReadsOnly()
  @HttpCode(200)
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: { type: 'object', properties: { file: { type: 'string', format: 'binary' } } } })
  @Answers(200, 'The document of a .torrent, if the network has it.', DocumentListSchema)
  @Problems('INVALID_REQUEST', 'INVALID_TORRENT', 'TOO_LARGE', 'TRACKER_UNAVAILABLE')
  async searchByTorrent(@Req() request: FastifyRequest): Promise<DocumentList> {
    const { torrent } = await readTorrentUpload(request);
    try {
      return { items: [await this.trackers.get(hashInTorrent(torrent))], nextCursor: null };
    } catch (error) {
      if (isPageSwarmError(error) && error.code === 'DOCUMENT_NOT_FOUND') return { items: [], nextCursor: null };
      throw error;
    }
  }

  @Get('interfaces')
  @Answers(200, 'The network interfaces of this machine.', InterfacesSchema)
  interfaces(): z.output<typeof InterfacesSchema> {
    const items = Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
      (addresses ?? []).map(({ address, family, internal }) => ({ name, address, family, internal })),
    );
    return { items };
  }
}
