import { Controller, Delete, Get, HttpCode, Inject, Param, Query, Req } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, AnswersNothing, Problems } from '@pageswarm/http';
import { peerId } from '@pageswarm/primitives';
import type { FastifyRequest } from 'fastify';
import { normalAddress } from '../access/bans.ts';
import { Catalog } from '../catalog/catalog.ts';
import { compareTexts } from '../catalog/name-order.ts';
import { decodeCursor, encodeCursor, firstInOrder } from '../search/ranking.ts';
import { type HostRecord, HostTable } from '../swarm/host-table.ts';
import { unknownPeer } from '../swarm/swarm.service.ts';
import { TrackerContext } from '../tracker-context.ts';
import { Evictions } from './evictions.ts';
import { peerView } from './peer-view.ts';
import {
  type AddressRequest,
  AddressRequestSchema,
  type PeerList,
  type PeerListRequest,
  PeerListRequestSchema,
  PeerListSchema,
  type Removed,
  RemovedSchema,
} from './tracker-shapes.ts';

/** The peers that hold a lease. */
@ApiTags('peers')
@Controller('peers')
export class PeersController {
  constructor(
    @Inject(HostTable) private readonly hosts: HostTable,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(Evictions) private readonly evictions: Evictions,
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

  @Delete()
  @ApiOperation({ summary: 'Forgets every peer at an address, of both kinds; they come back if they join or announce again' })
  @Answers(200, 'How many there were.', RemovedSchema)
  @Problems('INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN')
  async forgetAddress(
    @Query({ schema: AddressRequestSchema }) { address }: AddressRequest,
    @Req() request: FastifyRequest,
  ): Promise<Removed> {
    const removed = await this.evictions.atAddress(normalAddress(address));
    this.context.logger.warn({ address, removed, by: request.ip }, 'peers at an address forgotten by an admin');
    return { removed };
  }

  @Delete(':id')
  @HttpCode(204)
  @AnswersNothing('The peer is forgotten.')
  @ApiOperation({ summary: 'Forgets a peer; it comes back if it joins again' })
  @Problems('INVALID_ID', 'PEER_NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN')
  async forget(@Param('id') id: string, @Req() request: FastifyRequest): Promise<void> {
    if ((await this.evictions.ofPeer(peerId(id))) === 0) throw unknownPeer(id);
    this.context.logger.warn({ peerId: id, by: request.ip }, 'peer forgotten by an admin');
  }
}
