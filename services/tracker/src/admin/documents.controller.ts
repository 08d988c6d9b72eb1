import { setImmediate } from 'node:timers/promises';
import { Controller, Delete, Get, HttpCode, Inject, Param, Query, Req, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  type Document,
  type DocumentList,
  DocumentListSchema,
  DocumentSchema,
  type SearchRequest,
  SearchRequestSchema,
} from '@pageswarm/contracts';
import { Answers, AnswersNothing, Problems } from '@pageswarm/http';
import type { FastifyRequest } from 'fastify';
import { SearchRateGuard } from '../access/search-rate.guard.ts';
import { Catalog } from '../catalog/catalog.ts';
import { Snapshotter } from '../snapshot/snapshotter.ts';
import { Listing } from '../swarm/listing.ts';
import { TrackerContext } from '../tracker-context.ts';
import { RemovedSchema } from './tracker-shapes.ts';

/** Documents that are removed before others get their turn, so that removing a million of them stops nobody. */
export const REMOVALS_PER_TURN = 500;

/** The listing for people, and taking documents off it. */
@ApiTags('documents')
@Controller('documents')
export class DocumentsController {
  constructor(
    @Inject(Listing) private readonly listing: Listing,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(Snapshotter) private readonly snapshotter: Snapshotter,
    @Inject(TrackerContext) private readonly context: TrackerContext,
  ) {}

  @Get()
  @UseGuards(SearchRateGuard)
  @ApiOperation({
    summary: 'Searches by parts of names, any hash or a magnet link; everything without a query; sorted by fit, or as asked',
  })
  @Answers(200, 'One page of documents.', DocumentListSchema)
  @Problems('INVALID_REQUEST', 'INVALID_MAGNET', 'LIMIT_EXCEEDED')
  list(@Query({ schema: SearchRequestSchema }) request: SearchRequest): Promise<DocumentList> {
    return this.listing.search(request);
  }

  @Get(':id')
  @ApiOperation({ summary: 'One document by its id, v1 or v2 info-hash, or md5' })
  @Answers(200, 'The document with its hosts.', DocumentSchema)
  @Problems('DOCUMENT_NOT_FOUND')
  get(@Param('id') id: string): Document {
    return this.listing.get(id);
  }

  @Delete(':id')
  @HttpCode(204)
  @AnswersNothing('The document is off the list.')
  @ApiOperation({ summary: 'Takes a document off the list; peers that still have it list it again when they announce anew' })
  @Problems('DOCUMENT_NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN')
  remove(@Param('id') id: string, @Req() request: FastifyRequest): void {
    const { id: documentId, name } = this.listing.record(id);
    this.snapshotter.byOrder(() => this.catalog.remove(documentId));
    this.context.logger.warn({ documentId, name, by: request.ip }, 'document removed by an admin');
  }

  @Delete()
  @ApiOperation({ summary: 'Takes all documents off the list' })
  @Answers(200, 'How many there were.', RemovedSchema)
  @Problems('UNAUTHORIZED', 'FORBIDDEN')
  async removeAll(@Req() request: FastifyRequest): Promise<{ removed: number }> {
    let removed = 0;
    for (const { id } of this.catalog.all()) {
      this.snapshotter.byOrder(() => this.catalog.remove(id));
      if (++removed % REMOVALS_PER_TURN === 0) await setImmediate();
    }
    this.context.logger.warn({ removed, by: request.ip }, 'all documents removed by an admin');
    return { removed };
  }
}
