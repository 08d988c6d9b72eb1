import { type DynamicModule, Module } from '@nestjs/common';
import { HttpModule, type Readiness } from '@pageswarm/http';
import type { Registry } from 'prom-client';
import { Admission } from './access/admission.ts';
import { AllowList } from './access/allow-list.ts';
import { Bans } from './access/bans.ts';
import { Drain } from './access/drain.ts';
import { RateLimiter } from './access/rate-limiter.ts';
import { AllowListController } from './admin/allow-list.controller.ts';
import { BansController } from './admin/bans.controller.ts';
import { DocumentsController } from './admin/documents.controller.ts';
import { DrainController } from './admin/drain.controller.ts';
import { Evictions } from './admin/evictions.ts';
import { LiveEvents } from './admin/live-events.ts';
import { PeersController } from './admin/peers.controller.ts';
import { TrackerStatusController } from './admin/status.controller.ts';
import { BittorrentController } from './bittorrent/bittorrent.controller.ts';
import { BittorrentTracker } from './bittorrent/bittorrent.service.ts';
import { HttpTracker } from './bittorrent/http-tracker.ts';
import { UdpTracker } from './bittorrent/udp-tracker.ts';
import { Catalog } from './catalog/catalog.ts';
import { DocumentSearch } from './search/document-search.ts';
import { Snapshotter } from './snapshot/snapshotter.ts';
import { HostTable } from './swarm/host-table.ts';
import { ListingMessagesController } from './swarm/listing.controller.ts';
import { Listing } from './swarm/listing.ts';
import { SwarmMessagesController } from './swarm/swarm.controller.ts';
import { SwarmService } from './swarm/swarm.service.ts';
import { TorrentFilesController } from './torrent-files/torrent-files.controller.ts';
import { TorrentFiles } from './torrent-files/torrent-files.service.ts';
import { TrackerContext } from './tracker-context.ts';
import type { TrackerParts } from './tracker-parts.ts';

/** The ways in: swarm messages, HTTP for people, HTTP for BitTorrent clients. The parts behind them come built. */
@Module({})
export class TrackerModule {
  static register(parts: TrackerParts, drain: Drain, registry: Registry, readiness: Readiness): DynamicModule {
    return {
      module: TrackerModule,
      imports: [HttpModule.register(registry, readiness)],
      controllers: [
        SwarmMessagesController,
        ListingMessagesController,
        TorrentFilesController,
        DocumentsController,
        PeersController,
        TrackerStatusController,
        BittorrentController,
        BansController,
        AllowListController,
        DrainController,
      ],
      providers: [
        { provide: TrackerContext, useValue: parts.context },
        { provide: Bans, useValue: parts.bans },
        { provide: AllowList, useValue: parts.allowList },
        { provide: Admission, useValue: parts.admission },
        { provide: RateLimiter, useValue: parts.searches },
        { provide: Evictions, useValue: new Evictions(parts.hosts, parts.bittorrent, parts.snapshotter) },
        { provide: Drain, useValue: drain },
        { provide: Catalog, useValue: parts.catalog },
        { provide: HostTable, useValue: parts.hosts },
        { provide: DocumentSearch, useValue: parts.search },
        { provide: Listing, useValue: parts.listing },
        { provide: SwarmService, useValue: parts.swarm },
        { provide: BittorrentTracker, useValue: parts.bittorrent },
        { provide: HttpTracker, useValue: parts.http },
        { provide: UdpTracker, useValue: parts.udp },
        { provide: TorrentFiles, useValue: parts.torrentFiles },
        { provide: LiveEvents, useValue: parts.events },
        { provide: Snapshotter, useValue: parts.snapshotter },
      ],
    };
  }
}
