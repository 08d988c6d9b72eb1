import { type DynamicModule, Module } from '@nestjs/common';
import { HttpModule, Readiness } from '@pageswarm/http';
import type { Registry } from 'prom-client';
import { NodeController } from './admin/node.controller.ts';
import { NodeDescription } from './admin/node-description.ts';
import { NodeBandwidth } from './bandwidth/node-bandwidth.ts';
import { RateLimitsController } from './bandwidth/rate-limits.controller.ts';
import { CLOCK, systemClock } from './clock.ts';
import { DownloadsController } from './downloads/downloads.controller.ts';
import { Downloads } from './downloads/downloads.service.ts';
import { DocumentsController } from './library/documents.controller.ts';
import { FindingStore } from './library/finding-store.ts';
import { Library } from './library/library.service.ts';
import { ContentController } from './reading/content.controller.ts';
import { DocumentReader } from './reading/document-reader.ts';
import { ExtractController } from './reading/extract.controller.ts';
import { PagesController } from './reading/pages.controller.ts';
import { NetworkController } from './tracker-link/network.controller.ts';
import { TrackerLink } from './tracker-link/tracker-link.service.ts';
import { PiecesController } from './uploads/pieces.controller.ts';
import { SendBuffers } from './uploads/send-buffers.ts';
import { UploadMeter } from './uploads/upload-meter.ts';
import { Inspector } from './worker-link/inspector.ts';
import { WorkerLink } from './worker-link/worker-link.service.ts';

/** The parts of a peer-node, made by `startPeer` in the order in which they need each other. */
export interface PeerParts {
  readonly registry: Registry;
  readonly readiness: Readiness;
  readonly library: Library;
  readonly findings: FindingStore;
  readonly trackers: TrackerLink;
  readonly workers: WorkerLink;
  readonly inspector: Inspector;
  readonly downloads: Downloads;
  readonly reader: DocumentReader;
  readonly node: NodeDescription;
  readonly bandwidth: NodeBandwidth;
}

/** Puts both faces of a peer-node, HTTP and swarm transport, before its parts. */
@Module({})
export class PeerModule {
  static of(parts: PeerParts): DynamicModule {
    return {
      module: PeerModule,
      imports: [HttpModule.register(parts.registry, parts.readiness)],
      controllers: [
        DocumentsController,
        DownloadsController,
        ContentController,
        PagesController,
        ExtractController,
        NetworkController,
        NodeController,
        RateLimitsController,
        PiecesController,
      ],
      providers: [
        SendBuffers,
        UploadMeter,
        { provide: CLOCK, useValue: systemClock },
        { provide: Library, useValue: parts.library },
        { provide: FindingStore, useValue: parts.findings },
        { provide: TrackerLink, useValue: parts.trackers },
        { provide: WorkerLink, useValue: parts.workers },
        { provide: Inspector, useValue: parts.inspector },
        { provide: Downloads, useValue: parts.downloads },
        { provide: DocumentReader, useValue: parts.reader },
        { provide: NodeBandwidth, useValue: parts.bandwidth },
        { provide: NodeDescription, useValue: parts.node },
      ],
    };
  }
}
