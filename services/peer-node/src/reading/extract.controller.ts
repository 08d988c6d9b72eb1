import { Body, Controller, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';
import { MAX_JOINED_PARTS } from '@pageswarm/contracts';
import { AnswersBytes, jsonSchemaOf, Problems, ReadsOnly } from '@pageswarm/http';
import { type IndexRange, MAX_PAGE_RANGES_LENGTH } from '@pageswarm/primitives';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { LocalDocument } from '../library/local-document.ts';
import { WorkerLink } from '../worker-link/worker-link.service.ts';
import { goneSignal, ReadingQuerySchema } from './content.controller.ts';
import { contentDisposition } from './content-disposition.ts';
import { DocumentReader, type WaitOptions } from './document-reader.ts';
import { PAGE_PROBLEMS, pagesIn, piecesOf } from './page-selection.ts';

const PagesField = z.string().min(1).max(MAX_PAGE_RANGES_LENGTH);
const ExtractSchema = z.object({ pages: PagesField });
const JoinSchema = z.object({
  parts: z
    .array(z.object({ id: z.string().min(1).max(200), pages: PagesField }))
    .min(1)
    .max(MAX_JOINED_PARTS),
});
type Part = z.output<typeof JoinSchema>['parts'][number];

/** A part whose document is here, wholly or in part. */
interface Located {
  readonly document: LocalDocument;
  readonly pages: string;
  readonly pieces: readonly IndexRange[];
}

/** Pages as a PDF of their own, of one document or of several; what they need is fetched first where a download runs. */
@Controller('documents')
@ApiTags('reading')
export class ExtractController {
  constructor(
    @Inject(DocumentReader) private readonly reader: DocumentReader,
    @Inject(WorkerLink) private readonly workers: WorkerLink,
  ) {}

  @Post(':id/extract')
  @ReadsOnly()
  @HttpCode(200)
  @ApiBody({ schema: jsonSchemaOf(ExtractSchema) })
  @AnswersBytes(200, 'These pages, for example "1,3-7", as a PDF of their own.', 'application/pdf')
  @Problems('INVALID_REQUEST', ...PAGE_PROBLEMS)
  async extract(
    @Param('id') id: string,
    @Body({ schema: ExtractSchema }) { pages }: z.output<typeof ExtractSchema>,
    @Query({ schema: ReadingQuerySchema }) { timeout }: z.output<typeof ReadingQuerySchema>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send([{ id, pages }], reply, timeout);
  }

  @Post('extract')
  @ReadsOnly()
  @HttpCode(200)
  @ApiBody({ schema: jsonSchemaOf(JoinSchema) })
  @AnswersBytes(200, 'Pages of one document or of several, in the order of the parts, as one PDF.', 'application/pdf')
  @Problems('INVALID_REQUEST', ...PAGE_PROBLEMS)
  async join(
    @Body({ schema: JoinSchema }) { parts }: z.output<typeof JoinSchema>,
    @Query({ schema: ReadingQuerySchema }) { timeout }: z.output<typeof ReadingQuerySchema>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.send(parts, reply, timeout);
  }

  private async send(parts: readonly Part[], reply: FastifyReply, timeoutMs: number): Promise<void> {
    const waiting = { timeoutMs, signal: goneSignal(reply) };
    const located = await Promise.all(
      parts.map(async ({ id, pages }) => {
        const document = await this.reader.open(id, waiting);
        return { document, pages, pieces: piecesOf(document, pagesIn(document, pages)) };
      }),
    );
    await this.fetchAll(located, waiting);
    const [first] = located;
    const isOne = first && located.length === 1;
    const { bytes } = isOne
      ? await this.workers.extract(first.document, first.pages, waiting.signal)
      : await this.workers.join(located, waiting.signal);
    const name = isOne ? `${first.document.record.name.replace(/\.pdf$/i, '')}, pages ${first.pages}.pdf` : 'pages.pdf';
    await reply.headers({ 'content-type': 'application/pdf', 'content-disposition': contentDisposition('inline', name) }).send(bytes);
  }

  /** Everything is demanded at once and then waited for, so that the documents come beside each other. */
  private async fetchAll(parts: readonly Located[], waiting: WaitOptions): Promise<void> {
    const deadline = performance.now() + waiting.timeoutMs;
    const releases = parts.map(({ document, pieces }) => this.reader.demand(document, pieces));
    try {
      for (const { document, pieces } of parts)
        await this.reader.available(document, pieces, { ...waiting, timeoutMs: Math.max(0, deadline - performance.now()) });
    } finally {
      for (const release of releases) release();
    }
  }
}
