import { Readable } from 'node:stream';
import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AnswersBytes, Problems } from '@pageswarm/http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { LocalDocument } from '../library/local-document.ts';
import { type ByteRange, parseByteRanges } from './byte-range.ts';
import { contentDisposition } from './content-disposition.ts';
import { DocumentReader, type WaitOptions } from './document-reader.ts';

/** How much is read at a time while content is sent, in bytes. */
export const READ_CHUNK_BYTES = 262_144;
/** How long a reader waits for bytes that are still to come, in milliseconds, unless it says otherwise. */
export const DEFAULT_READ_TIMEOUT_MS = 30_000;

export const ReadingQuerySchema = z.object({ timeout: z.coerce.number().int().min(0).max(600_000).default(DEFAULT_READ_TIMEOUT_MS) });

/** The bytes of a document: whole or by range, also while they are still coming (and a BEP 19 web seed). */
@Controller('documents/:id/content')
@ApiTags('reading')
export class ContentController {
  constructor(@Inject(DocumentReader) private readonly reader: DocumentReader) {}

  @Get()
  @AnswersBytes(200, 'The document, byte for byte.', 'application/pdf')
  @AnswersBytes(206, 'The ranges that were asked for.', 'application/pdf')
  @Problems('DOCUMENT_NOT_FOUND', 'PAGE_NOT_AVAILABLE')
  async content(
    @Param('id') id: string,
    @Headers() headers: Record<string, string | undefined>,
    @Query({ schema: ReadingQuerySchema }) { timeout }: z.output<typeof ReadingQuerySchema>,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const waiting = { timeoutMs: timeout, signal: goneSignal(reply) };
    const document = await this.reader.open(id, waiting);
    const etag = `"${document.id}"`;
    reply.headers({ etag, 'accept-ranges': 'bytes', 'content-disposition': contentDisposition('inline', document.record.name) });
    if (headers['if-none-match']?.split(',').some((tag) => tag.trim() === etag || tag.trim() === '*')) return void reply.status(304).send();
    const sameFile = headers['if-range'] === undefined || headers['if-range'].trim() === etag;
    const ranges = sameFile ? parseByteRanges(headers.range, document.record.size) : undefined;
    if (!ranges) return this.sendWhole(reply, document, waiting);
    if (ranges.length === 0) return void reply.status(416).header('content-range', `bytes */${document.record.size}`).send();
    if (ranges.length === 1) return this.sendRange(reply, document, ranges[0] as ByteRange, waiting);
    return this.sendRanges(reply, document, ranges, waiting);
  }

  private async sendWhole(reply: FastifyReply, document: LocalDocument, waiting: WaitOptions): Promise<void> {
    const { size } = document.record;
    reply.headers({ 'content-type': 'application/pdf', 'content-length': size });
    await reply.status(200).send(await this.stream(document, [{ start: 0, end: size }], waiting));
  }

  private async sendRange(reply: FastifyReply, document: LocalDocument, range: ByteRange, waiting: WaitOptions): Promise<void> {
    const stream = await this.stream(document, [range], waiting);
    reply.headers({
      'content-type': 'application/pdf',
      'content-length': range.end - range.start,
      'content-range': contentRange(range, document),
    });
    await reply.status(206).send(stream);
  }

  /** Several ranges as multipart/byteranges (RFC 9110, section 14.6). */
  private async sendRanges(
    reply: FastifyReply,
    document: LocalDocument,
    ranges: readonly ByteRange[],
    waiting: WaitOptions,
  ): Promise<void> {
    const boundary = `pageswarm-${document.id.slice(0, 24)}`;
    const heads = ranges.map(
      (range) => `\r\n--${boundary}\r\ncontent-type: application/pdf\r\ncontent-range: ${contentRange(range, document)}\r\n\r\n`,
    );
    const tail = `\r\n--${boundary}--\r\n`;
    const length = ranges.reduce((sum, { start, end }, part) => sum + (heads[part] as string).length + end - start, tail.length);
    const stream = await this.stream(document, ranges, waiting, heads, tail);
    reply.headers({ 'content-type': `multipart/byteranges; boundary=${boundary}`, 'content-length': length });
    await reply.status(206).send(stream);
  }

  /** Resolves once the first bytes are here, so that what cannot be had is an error and no broken answer. */
  private async stream(
    document: LocalDocument,
    ranges: readonly ByteRange[],
    waiting: WaitOptions,
    heads: readonly string[] = [],
    tail = '',
  ): Promise<Readable> {
    const { reader } = this;
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (const [part, { start, end }] of ranges.entries()) {
        if (heads[part]) yield Buffer.from(heads[part]);
        for (let offset = start; offset < end; offset += READ_CHUNK_BYTES)
          yield await reader.read(document, offset, Math.min(READ_CHUNK_BYTES, end - offset), waiting);
      }
      if (tail) yield Buffer.from(tail);
    }
    const [first] = ranges;
    if (first) await reader.read(document, first.start, Math.min(READ_CHUNK_BYTES, first.end - first.start), waiting);
    return Readable.from(chunks(), { objectMode: false });
  }
}

function contentRange({ start, end }: ByteRange, { record }: LocalDocument): string {
  return `bytes ${start}-${end - 1}/${record.size}`;
}

/** Aborts when whoever asked goes away before the answer is complete. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const abort = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort.abort();
  });
  return abort.signal;
}
