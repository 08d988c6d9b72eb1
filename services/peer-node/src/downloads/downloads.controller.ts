import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiQuery, ApiTags } from '@nestjs/swagger';
import {
  type CancelDownload,
  CancelDownloadSchema,
  type ChangeDownload,
  ChangeDownloadSchema,
  type Download,
  DownloadListSchema,
  DownloadSchema,
  parseMessage,
  StartDownloadSchema,
} from '@pageswarm/contracts';
import { Answers, AnswersBytes, AnswersNothing, jsonSchemaOf, Problems, sendEventStream } from '@pageswarm/http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { filter, throttleTime } from 'rxjs';
import { hashInTorrent, readTorrentUpload } from '../tracker-link/torrent-upload.ts';
import type { DownloadJob } from './download-job.ts';
import { viewOfDownload } from './download-view.ts';
import { Downloads } from './downloads.service.ts';

/** The shortest time between two events of one download, in milliseconds. */
export const DOWNLOAD_EVENT_INTERVAL_MS = 200;

@Controller('downloads')
@ApiTags('downloads')
export class DownloadsController {
  constructor(@Inject(Downloads) private readonly downloads: Downloads) {}

  @Post()
  @HttpCode(202)
  @ApiConsumes('application/json', 'multipart/form-data')
  @ApiBody({ schema: jsonSchemaOf(StartDownloadSchema) })
  @Answers(202, 'The download is ordered.', DownloadSchema)
  @Problems(
    'INVALID_REQUEST',
    'INVALID_ID',
    'INVALID_MAGNET',
    'INVALID_TORRENT',
    'INVALID_PAGES',
    'DOCUMENT_NOT_FOUND',
    'DOCUMENT_EXISTS',
    'DOWNLOAD_EXISTS',
    'TRACKER_UNAVAILABLE',
    'UNAUTHORIZED',
    'FORBIDDEN',
  )
  async start(@Req() request: FastifyRequest, @Body() body: unknown): Promise<Download> {
    const order = request.isMultipart() ? await orderInUpload(request) : parseMessage(StartDownloadSchema, body);
    return this.view(await this.downloads.order(order));
  }

  @Get()
  @Answers(200, 'All downloads, in the order of the queue.', DownloadListSchema)
  list(): { items: Download[]; nextCursor: null } {
    return { items: this.downloads.list().map((job) => this.view(job)), nextCursor: null };
  }

  @Get(':id')
  @Answers(200, 'One download: state, pages, hosts.', DownloadSchema)
  @Problems('DOWNLOAD_NOT_FOUND')
  one(@Param('id') id: string): Download {
    return this.view(this.downloads.get(id));
  }

  @Get(':id/events')
  @AnswersBytes(
    200,
    'Server-sent events: `download` with the whole state whenever it changes, until it is done, failed or removed.',
    'text/event-stream',
  )
  @Problems('DOWNLOAD_NOT_FOUND', 'LIMIT_EXCEEDED')
  events(@Param('id') id: string, @Res() reply: FastifyReply): void {
    const job = this.downloads.get(id);
    sendEventStream(reply, (send, end) => {
      const tell = (): void => {
        const download = this.view(job);
        send({ type: 'download', data: download });
        if (download.state === 'done' || download.state === 'failed' || !this.downloads.has(job)) end();
      };
      const changes = this.downloads.changes.pipe(
        filter((changed) => changed === job),
        throttleTime(DOWNLOAD_EVENT_INTERVAL_MS, undefined, { leading: true, trailing: true }),
      );
      const subscription = changes.subscribe(tell);
      tell();
      return () => subscription.unsubscribe();
    });
  }

  @Post(':id/pause')
  @HttpCode(200)
  @Answers(200, 'The download is paused.', DownloadSchema)
  @Problems('DOWNLOAD_NOT_FOUND', 'WRONG_STATE', 'UNAUTHORIZED', 'FORBIDDEN')
  async pause(@Param('id') id: string): Promise<Download> {
    const job = this.downloads.get(id);
    await this.downloads.pause(job);
    return this.view(job);
  }

  @Post(':id/resume')
  @HttpCode(200)
  @Answers(200, 'The download goes on.', DownloadSchema)
  @Problems('DOWNLOAD_NOT_FOUND', 'WRONG_STATE', 'UNAUTHORIZED', 'FORBIDDEN')
  async resume(@Param('id') id: string): Promise<Download> {
    const job = this.downloads.get(id);
    await this.downloads.resume(job);
    return this.view(job);
  }

  @Patch(':id')
  @ApiBody({ schema: jsonSchemaOf(ChangeDownloadSchema) })
  @Answers(200, 'Its new place and priority; what runs is not interrupted.', DownloadSchema)
  @Problems('DOWNLOAD_NOT_FOUND', 'INVALID_REQUEST', 'UNAUTHORIZED', 'FORBIDDEN')
  async change(@Param('id') id: string, @Body({ schema: ChangeDownloadSchema }) change: ChangeDownload): Promise<Download> {
    const job = this.downloads.get(id);
    await this.downloads.change(job, change);
    return this.view(job);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiQuery({ name: 'keep', required: false, description: 'true keeps the pieces as a document of which a part is here' })
  @AnswersNothing('The download is forgotten.')
  @Problems('DOWNLOAD_NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN')
  async cancel(@Param('id') id: string, @Query({ schema: CancelDownloadSchema }) { keep }: CancelDownload): Promise<void> {
    await this.downloads.cancel(this.downloads.get(id), { keepPieces: keep });
  }

  private view(job: DownloadJob): Download {
    return viewOfDownload(job, this.downloads.positionOf(job));
  }
}

async function orderInUpload(request: FastifyRequest) {
  const { torrent, fields } = await readTorrentUpload(request);
  return parseMessage(StartDownloadSchema, { ...fields, id: hashInTorrent(torrent) });
}
