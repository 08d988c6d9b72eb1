import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Answers, AnswersBytes, Problems, sendEventStream } from '@pageswarm/http';
import type { Clock } from '@pageswarm/primitives';
import type { FastifyReply } from 'fastify';
import { groupBy, map, merge, mergeMap, throttleTime } from 'rxjs';
import type { z } from 'zod';
import { CLOCK } from '../clock.ts';
import { viewOfDownload } from '../downloads/download-view.ts';
import { DOWNLOAD_EVENT_INTERVAL_MS } from '../downloads/downloads.controller.ts';
import { Downloads } from '../downloads/downloads.service.ts';
import { viewOfDocument } from '../library/document-view.ts';
import { Library } from '../library/library.service.ts';
import { NodeDescription, NodeSchema } from './node-description.ts';

@Controller()
@ApiTags('node')
export class NodeController {
  constructor(
    @Inject(NodeDescription) private readonly node: NodeDescription,
    @Inject(Library) private readonly library: Library,
    @Inject(Downloads) private readonly downloads: Downloads,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Get('node')
  @Answers(200, 'Identity, addresses and the link to the trackers.', NodeSchema)
  describe(): z.output<typeof NodeSchema> {
    return this.node.describe();
  }

  @Get('events')
  @AnswersBytes(
    200,
    'Server-sent events: `document-added`, `document-changed`, `document-completed`, `document-removed`, `download`, `download-removed`.',
    'text/event-stream',
  )
  @Problems('LIMIT_EXCEEDED')
  events(@Res() reply: FastifyReply): void {
    const documents = this.library.changes.pipe(
      map(({ type, document }) => ({ type: `document-${type}`, data: viewOfDocument(document, this.node.self, this.clock.now()) })),
    );
    const downloads = this.downloads.changes.pipe(
      groupBy((job) => job.order.id),
      mergeMap((changes) => changes.pipe(throttleTime(DOWNLOAD_EVENT_INTERVAL_MS, undefined, { leading: true, trailing: true }))),
      map((job) =>
        this.downloads.has(job)
          ? { type: 'download', data: viewOfDownload(job, this.downloads.positionOf(job)) }
          : { type: 'download-removed', data: { id: job.order.id, documentId: job.order.document.id } },
      ),
    );
    sendEventStream(reply, (send) => {
      const subscription = merge(documents, downloads).subscribe(send);
      return () => subscription.unsubscribe();
    });
  }
}
