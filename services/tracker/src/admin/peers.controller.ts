import { Controller, Delete, Get, HttpCode, Inject, Param, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, AnswersNothing, Problems } from '@pageswarm/http';
import { peerId } from '@pageswarm/primitives';
import type { FastifyRequest } from 'fastify';
import { Catalog } from '../catalog/catalog.ts';
import { compareTexts } from '../catalog/name-order.ts';
import { decodeCursor, encodeCursor, firstInOrder } from '../search/ranking.ts';
import { Snapshotter } from '../snapshot/snapshotter.ts';
import { type HostRecord, HostTable } from '../swarm/host-table.ts';
import { unknownPeer } from '../swarm/swarm.service.ts';
import { TrackerContext } from '../tracker-context.ts';
import { peerView } from './peer-view.ts';
import { type PeerList, type PeerListRequest, PeerListRequestSchema, PeerListSchema } from './tracker-shapes.ts';

/** The peers that hold a lease. */
@ApiTags('peers')
@Controller('peers')
export class PeersController {
  constructor(
    @Inject(HostTable) private readonly hosts: HostTable,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(Snapshotter) private readonly snapshotter: Snapshotter,
    @Inject(TrackerContext) private readonly context: TrackerContext,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists peers by their id' })
  @Answers(200, 'One page of peers.', PeerListSchema)
  @Problems('INVALID_REQUEST')
  list(@Query({ schema: PeerListRequestSchema }) { limit, cursor }: PeerListRequest): PeerList {
    const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['string']);
    const byId = (a: HostRecord, b: HostRecord) => compareTexts(a.peerId, b.peerId);
    const candidates = [...this.hosts.all()].filter((record) => record.peerId > after);
    const found = firstInOrder(candidates, limit + 1, byId);
    const items = found.slice(0, limit).map((record) => peerView(record, this.catalog));
    return { items, nextCursor: found.length > limit ? encodeCursor([items.at(-1)?.peerId ?? '']) : null };
  }

  @Delete(':id')
  @HttpCode(204)
  @AnswersNothing('The peer is forgotten.')
  @ApiOperation({ summary: 'Forgets a peer; it comes back if it joins again' })
  @Problems('INVALID_ID', 'PEER_NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN')
  forget(@Param('id') id: string, @Req() request: FastifyRequest): void {
    if (!this.snapshotter.byOrder(() => this.hosts.leave(peerId(id)))) throw unknownPeer(id);
    this.context.logger.warn({ peerId: id, by: request.ip }, 'peer forgotten by an admin');
  }
}
