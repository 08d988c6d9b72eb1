import { Controller, Get, Headers, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Answers, AnswersBytes, Problems, sendEventStream } from '@pageswarm/http';
import type { FastifyReply } from 'fastify';
import { BittorrentTracker } from '../bittorrent/bittorrent.service.ts';
import { Catalog } from '../catalog/catalog.ts';
import { DocumentSearch } from '../search/document-search.ts';
import { Snapshotter } from '../snapshot/snapshotter.ts';
import { HostTable } from '../swarm/host-table.ts';
import { TrackerContext } from '../tracker-context.ts';
import { LiveEvents } from './live-events.ts';
import { type Stats, StatsSchema } from './tracker-shapes.ts';

/** How the tracker is doing, as numbers and as it happens. */
@ApiTags('status')
@Controller()
export class TrackerStatusController {
  constructor(
    @Inject(TrackerContext) private readonly context: TrackerContext,
    @Inject(Catalog) private readonly catalog: Catalog,
    @Inject(HostTable) private readonly hosts: HostTable,
    @Inject(DocumentSearch) private readonly search: DocumentSearch,
    @Inject(BittorrentTracker) private readonly bittorrent: BittorrentTracker,
    @Inject(Snapshotter) private readonly snapshotter: Snapshotter,
    @Inject(LiveEvents) private readonly events: LiveEvents,
  ) {}

  @Get('stats')
  @ApiOperation({ summary: 'Documents, peers and the snapshot in numbers' })
  @Answers(200, 'The numbers.', StatsSchema)
  stats(): Stats {
    const { identity, startedAt, clock } = this.context;
    const { state, detail, pending, savedAt } = this.snapshotter.status();
    const count = (peerState: 'live' | 'unreachable' | 'unconfirmed') => this.hosts.count(peerState);
    return {
      trackerId: identity.peerId,
      startedAt: new Date(startedAt).toISOString(),
      uptimeMs: clock.now() - startedAt,
      documents: this.catalog.size,
      bytes: this.catalog.totalBytes,
      peers: { live: count('live'), unreachable: count('unreachable'), unconfirmed: count('unconfirmed') },
      bittorrentPeers: this.bittorrent.peerCount,
      words: this.search.vocabularySize,
      snapshot: { state, detail, pending, savedAt: savedAt === undefined ? null : new Date(savedAt).toISOString() },
    };
  }

  @Get('events')
  @ApiOperation({
    summary: 'Server-sent events: document.added, document.changed, document.removed, peer.joined, peer.changed, peer.left, reset',
  })
  @AnswersBytes(200, 'An event stream; Last-Event-ID goes on where a connection ended.', 'text/event-stream')
  @Problems('LIMIT_EXCEEDED')
  live(@Headers('last-event-id') lastId: string | undefined, @Res() reply: FastifyReply): void {
    this.events.demandRoom();
    sendEventStream(reply, (send) => this.events.subscribe(send, lastId));
  }
}
