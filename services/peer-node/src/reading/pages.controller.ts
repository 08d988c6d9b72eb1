import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { MAX_RENDER_WIDTH } from '@pageswarm/contracts';
import { AnswersBytes, Problems } from '@pageswarm/http';
import { PageSwarmError } from '@pageswarm/primitives';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { FindingStore } from '../library/finding-store.ts';
import { Library } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { WorkerLink } from '../worker-link/worker-link.service.ts';
import { goneSignal, ReadingQuerySchema } from './content.controller.ts';
import { contentDisposition } from './content-disposition.ts';
import { DocumentReader } from './document-reader.ts';
import { PAGE_PROBLEMS, pagesIn, piecesAround, piecesOf } from './page-selection.ts';

const RenderQuerySchema = ReadingQuerySchema.extend({ width: z.coerce.number().int().min(1).max(MAX_RENDER_WIDTH).optional() });

/** Single pages of a document, also of one that is only partly here: what they need is fetched before the rest. */
@Controller('documents/:id/pages')
@ApiTags('reading')
export class PagesController {
  constructor(
    @Inject(Library) private readonly library: Library,
    @Inject(FindingStore) private readonly findings: FindingStore,
    @Inject(DocumentReader) private readonly reader: DocumentReader,
    @Inject(WorkerLink) private readonly workers: WorkerLink,
  ) {}

  @Get(':n.pdf')
  @AnswersBytes(200, 'A page ("7") or several ("3-7") as a PDF of their own.', 'application/pdf')
  @Problems(...PAGE_PROBLEMS)
  async pdf(
    @Param('id') id: string,
    @Param('n') pages: string,
    @Query({ schema: ReadingQuerySchema }) { timeout }: z.output<typeof ReadingQuerySchema>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const signal = goneSignal(reply);
    const document = await this.reader.open(id, { timeoutMs: timeout, signal });
    const numbers = pagesIn(document, pages);
    await this.reader.available(document, piecesOf(document, numbers), { timeoutMs: timeout, signal });
    this.reader.prefetch(document, piecesAround(document, numbers));
    const { bytes } = await this.workers.extract(document, pages, signal);
    const name = `${document.record.name.replace(/\.pdf$/i, '')}, page ${pages}.pdf`;
    await reply.headers({ 'content-type': 'application/pdf', 'content-disposition': contentDisposition('inline', name) }).send(bytes);
  }

  @Get(':n.png')
  @AnswersBytes(200, 'A page as a picture, `width` pixels wide.', 'image/png')
  @Problems(...PAGE_PROBLEMS)
  async png(
    @Param('id') id: string,
    @Param('n') page: string,
    @Query({ schema: RenderQuerySchema }) { timeout, width }: z.output<typeof RenderQuerySchema>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const signal = goneSignal(reply);
    const document = await this.reader.open(id, { timeoutMs: timeout, signal });
    const numbers = pagesIn(document, page);
    if (numbers.length !== 1) throw new PageSwarmError('INVALID_PAGES', 'A picture shows one page');
    await this.reader.available(document, piecesOf(document, numbers), { timeoutMs: timeout, signal });
    this.reader.prefetch(document, piecesAround(document, numbers));
    const { bytes } = await this.workers.render(document, numbers[0] as number, width, signal);
    await reply.header('content-type', 'image/png').send(bytes);
  }

  @Get(':n.txt')
  @AnswersBytes(200, 'The text of a page as it was read when the document was inspected, in UTF-8.', 'text/plain; charset=utf-8')
  @Problems('DOCUMENT_NOT_FOUND', 'INVALID_PAGES', 'PAGE_NOT_AVAILABLE', 'PDF_UNREADABLE', 'PDF_PASSWORD', 'WORKER_UNAVAILABLE')
  async txt(@Param('id') id: string, @Param('n') page: string, @Res() reply: FastifyReply): Promise<void> {
    const document = this.library.get(id);
    const numbers = pagesIn(document, page);
    if (numbers.length !== 1) throw new PageSwarmError('INVALID_PAGES', 'The text of one page at a time');
    const text = await this.findings.pageText(document.id, numbers[0] as number).catch(() => undefined);
    if (text === undefined) throw noText(document);
    await reply.header('content-type', 'text/plain; charset=utf-8').send(readableText(text));
  }
}

/** Why the texts of a document are not kept. */
function noText({ record: { inspection } }: LocalDocument): PageSwarmError {
  const { error } = inspection;
  if (error) return new PageSwarmError(error.code, error.detail);
  return new PageSwarmError('PAGE_NOT_AVAILABLE', 'The texts of this document are not here: they come once it is complete and inspected');
}

/** Lines end with a line feed; PDFium writes U+0002 for a hyphen at the end of a line, and other signs that nobody can see. */
function readableText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll('\u0002', '-')
    .replace(/[^\P{Cc}\n\t\f]|\ufffe/gu, '');
}
