import { Controller, Get, Headers, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { type AnswerHead, AnswersBytes, Problems, sendChunks } from '@pageswarm/http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { LocalDocument } from '../library/local-document.ts';
import { SendBuffers } from '../uploads/send-buffers.ts';
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
  constructor(
    @Inject(DocumentReader) private readonly reader: DocumentReader,
    @Inject(SendBuffers) private readonly buffers: SendBuffers,
  ) {}

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

  private sendWhole(reply: FastifyReply, document: LocalDocument, waiting: WaitOptions): Promise<void> {
    const { size } = document.record;
    const head = { status: 200, headers: { 'content-type': 'application/pdf', 'content-length': size } };
    return this.send(reply, head, this.chunks(document, [{ start: 0, end: size }], waiting));
  }

  private sendRange(reply: FastifyReply, document: LocalDocument, range: ByteRange, waiting: WaitOptions): Promise<void> {
    const headers = {
      'content-type': 'application/pdf',
      'content-length': range.end - range.start,
      'content-range': contentRange(range, document),
    };
    return this.send(reply, { status: 206, headers }, this.chunks(document, [range], waiting));
  }

  /** Several ranges as multipart/byteranges (RFC 9110, section 14.6). */
  private sendRanges(reply: FastifyReply, document: LocalDocument, ranges: readonly ByteRange[], waiting: WaitOptions): Promise<void> {
    const boundary = `pageswarm-${document.id.slice(0, 24)}`;
    const heads = ranges.map(
      (range) => `\r\n--${boundary}\r\ncontent-type: application/pdf\r\ncontent-range: ${contentRange(range, document)}\r\n\r\n`,
    );
    const tail = `\r\n--${boundary}--\r\n`;
    const length = ranges.reduce((sum, { start, end }, part) => sum + (heads[part] as string).length + end - start, tail.length);
    const headers = { 'content-type': `multipart/byteranges; boundary=${boundary}`, 'content-length': length };
    return this.send(reply, { status: 206, headers }, this.chunks(document, ranges, waiting, heads, tail));
  }

  /** In memory of {@link SendBuffers}, but for what is not of the document. */
  private async *chunks(
    document: LocalDocument,
    ranges: readonly ByteRange[],
    waiting: WaitOptions,
    heads: readonly string[] = [],
    tail = '',
  ): AsyncGenerator<Uint8Array> {
    for (const [part, { start, end }] of ranges.entries()) {
      let head = heads[part];
      for (let offset = start; offset < end; offset += READ_CHUNK_BYTES) {
        const length = Math.min(READ_CHUNK_BYTES, end - offset);
        const chunk = await this.reader.read(document, offset, length, waiting, this.buffers.take(length));
        if (head) yield Buffer.from(head);
        head = undefined;
        yield chunk;
      }
    }
    if (tail) yield Buffer.from(tail);
  }

  private send(reply: FastifyReply, head: AnswerHead, chunks: AsyncGenerator<Uint8Array>): Promise<void> {
    return sendChunks(reply, head, chunks, (chunk) => this.buffers.give(chunk));
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
