import { Controller, Delete, Get, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiTags } from '@nestjs/swagger';
import {
  MAX_NAME_LENGTH,
  type PeerDocument,
  type PeerDocumentDetail,
  PeerDocumentDetailSchema,
  type PeerDocumentList,
  PeerDocumentListSchema,
  PeerDocumentSchema,
} from '@pageswarm/contracts';
import { Answers, AnswersNothing, Problems } from '@pageswarm/http';
import { type Clock, PageSwarmError } from '@pageswarm/primitives';
import type { FastifyRequest } from 'fastify';
import { NodeDescription } from '../admin/node-description.ts';
import { CLOCK } from '../clock.ts';
import { Downloads } from '../downloads/downloads.service.ts';
import { TrackerLink } from '../tracker-link/tracker-link.service.ts';
import { Inspector } from '../worker-link/inspector.ts';
import { viewOfDocument } from './document-view.ts';
import { FindingStore } from './finding-store.ts';
import { Library } from './library.service.ts';
import type { LocalDocument } from './local-document.ts';

/** How long the answer to an upload waits for the pdf-worker, in milliseconds; the inspection goes on after that. */
export const INSPECTION_WAIT_MS = 10_000;

/** The documents of this node. */
@Controller('documents')
@ApiTags('documents')
export class DocumentsController {
  constructor(
    @Inject(Library) private readonly library: Library,
    @Inject(FindingStore) private readonly findings: FindingStore,
    @Inject(TrackerLink) private readonly trackers: TrackerLink,
    @Inject(Inspector) private readonly inspector: Inspector,
    @Inject(Downloads) private readonly downloads: Downloads,
    @Inject(NodeDescription) private readonly node: NodeDescription,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  @Post()
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: { type: 'object', properties: { file: { type: 'string', format: 'binary' } }, required: ['file'] } })
  @Answers(
    201,
    'The document is added and announced. `inspection` is `pending` if no pdf-worker has looked at it in time; `document-changed` tells when one has.',
    PeerDocumentSchema,
  )
  @Problems(
    'INVALID_REQUEST',
    'EMPTY_FILE',
    'NOT_A_PDF',
    'TOO_LARGE',
    'DOCUMENT_EXISTS',
    'DOWNLOAD_EXISTS',
    'STORE_FULL',
    'STORE_FAILED',
    'UNAUTHORIZED',
    'FORBIDDEN',
  )
  async add(@Req() request: FastifyRequest): Promise<PeerDocument> {
    if (!request.isMultipart()) throw new PageSwarmError('INVALID_REQUEST', 'Send the PDF as multipart/form-data: curl -F file=@x.pdf');
    const part = await request.file();
    if (!part) throw new PageSwarmError('INVALID_REQUEST', 'The form has no file; send the PDF as a part named "file"');
    const document = await this.library.add(nameOfUpload(part.filename), part.file);
    // The catalog may know these bytes by another name; its word comes before the answer.
    await this.trackers.announce(document);
    await Promise.race([this.inspector.settled(document), new Promise((resolve) => setTimeout(resolve, INSPECTION_WAIT_MS).unref())]);
    return this.view(document);
  }

  @Get()
  @Answers(200, 'All documents of which this node has pieces.', PeerDocumentListSchema)
  list(): PeerDocumentList {
    return { items: this.library.list().map((document) => this.view(document)), nextCursor: null };
  }

  @Get(':id')
  @Answers(200, 'One document, with its outline, page labels and page sizes where it has them.', PeerDocumentDetailSchema)
  @Problems('DOCUMENT_NOT_FOUND')
  async one(@Param('id') id: string): Promise<PeerDocumentDetail> {
    const document = this.library.get(id);
    return { ...this.view(document), ...(await this.findings.layout(document.id)) };
  }

  @Delete(':id')
  @HttpCode(204)
  @AnswersNothing('This node shares the document no more.')
  @Problems('DOCUMENT_NOT_FOUND', 'UNAUTHORIZED', 'FORBIDDEN')
  async remove(@Param('id') id: string): Promise<void> {
    await this.stopSharing(this.library.get(id));
  }

  @Delete()
  @HttpCode(204)
  @AnswersNothing('This node shares nothing any more.')
  @Problems('UNAUTHORIZED', 'FORBIDDEN')
  async removeAll(): Promise<void> {
    for (const document of this.library.list()) await this.stopSharing(document);
  }

  private async stopSharing(document: LocalDocument): Promise<void> {
    await this.downloads.forget(document.id);
    await this.library.remove(document);
  }

  private view(document: LocalDocument): PeerDocument {
    return viewOfDocument(document, this.node.self, this.clock.now());
  }
}

/** The last part of what the sender called the file, in composed Unicode (macOS sends it decomposed). */
function nameOfUpload(filename: string | undefined): string {
  const name = (filename ?? '')
    .split(/[/\\]/)
    .at(-1)
    ?.normalize('NFC')
    .toWellFormed()
    .replace(/\p{Cc}/gu, '')
    .trim();
  return (name || 'document.pdf').slice(0, MAX_NAME_LENGTH).toWellFormed();
}
