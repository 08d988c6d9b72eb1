import {
  type ExtractHead,
  ExtractHeadSchema,
  InspectionHeadSchema,
  parseMessage,
  type RenderHead,
  RenderHeadSchema,
  WORKER_PATTERNS,
  type WorkerDocument,
} from '@pageswarm/contracts';
import { type Endpoint, errorShape, formatEndpoint, isPageSwarmError, PageSwarmError } from '@pageswarm/primitives';
import type { SwarmClientPool } from '@pageswarm/transport';
import type { InspectedDocument } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';

/** How long an inspection may take as a whole, in milliseconds; the worker has its own limits for each step. */
export const INSPECT_TIMEOUT_MS = 600_000;
/** How long a person waits for a page, in milliseconds. */
export const PAGE_TIMEOUT_MS = 60_000;
/** The most bytes of page map, layout and texts together that are taken from a worker. */
export const MAX_INSPECTION_BYTES = 117_440_512;
/** The largest PDF or PNG that is taken from a worker, in bytes. */
export const MAX_WORKER_RESULT_BYTES = 268_435_456;

/** How many pdf-workers are asked for one job: the one whose turn it is, and another one if that one is away. */
export const MAX_WORKERS_ASKED = 2;

interface WorkerLinkLimits {
  readonly maxInspectionBytes: number;
  readonly maxResultBytes: number;
}
const LIMITS: WorkerLinkLimits = { maxInspectionBytes: MAX_INSPECTION_BYTES, maxResultBytes: MAX_WORKER_RESULT_BYTES };

/** Errors of a worker that say nothing about the document: another worker may do the job. */
const WORKER_IS_AWAY = new Set([
  'CONNECTION_REFUSED',
  'CONNECTION_LOST',
  'CONNECTION_TIMEOUT',
  'GOING_AWAY',
  'HANDSHAKE_FAILED',
  'PROTOCOL_VERSION',
  'PROTOCOL_ERROR',
  'WORKER_BUSY',
]);

interface JobOptions {
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

/** Hands PDF work to the pdf-workers in turn, and once more elsewhere; a worker reads the document from this node while it works. */
export class WorkerLink {
  private turn = 0;

  constructor(
    private readonly workers: readonly Endpoint[],
    private readonly connections: SwarmClientPool,
    /** Where workers read this node's pieces. */
    private readonly source: () => { readonly host?: string; readonly port: number },
    private readonly limits = LIMITS,
  ) {}

  /** @throws PageSwarmError WORKER_UNAVAILABLE, or what the worker says about the document */
  async inspect(document: LocalDocument): Promise<InspectedDocument> {
    const { head, bytes } = await this.ask(WORKER_PATTERNS.inspect, this.describe(document), {
      timeoutMs: INSPECT_TIMEOUT_MS,
      maxBytes: this.limits.maxInspectionBytes,
    });
    const { bytes: parts, ...inspection } = parseMessage(InspectionHeadSchema, head);
    if (parts.pageMap + parts.layout + parts.texts !== bytes.length)
      throw new PageSwarmError('PROTOCOL_ERROR', 'The pdf-worker sent more or less than it announced');
    const afterMap = parts.pageMap + parts.layout;
    const findings = { layout: bytes.subarray(parts.pageMap, afterMap), texts: bytes.subarray(afterMap) };
    return { inspection, pageMap: bytes.subarray(0, parts.pageMap), findings };
  }

  /** Pages like "3" or "3-7" as a PDF. @throws as {@link inspect}; INVALID_PAGES */
  async extract(
    document: LocalDocument,
    pages: string,
    signal?: AbortSignal,
  ): Promise<{ readonly head: ExtractHead; readonly bytes: Uint8Array }> {
    const request = { ...this.describe(document), pages };
    const { head, bytes } = await this.ask(WORKER_PATTERNS.extract, request, {
      timeoutMs: PAGE_TIMEOUT_MS,
      maxBytes: this.limits.maxResultBytes,
      signal,
    });
    return { head: parseMessage(ExtractHeadSchema, head), bytes };
  }

  /** Pages of several documents, in this order, as one PDF. @throws as {@link extract} */
  async join(
    parts: readonly { readonly document: LocalDocument; readonly pages: string }[],
    signal?: AbortSignal,
  ): Promise<{ readonly head: ExtractHead; readonly bytes: Uint8Array }> {
    const request = { parts: parts.map(({ document, pages }) => ({ ...this.describe(document), pages })) };
    const { head, bytes } = await this.ask(WORKER_PATTERNS.join, request, {
      timeoutMs: PAGE_TIMEOUT_MS,
      maxBytes: this.limits.maxResultBytes,
      signal,
    });
    return { head: parseMessage(ExtractHeadSchema, head), bytes };
  }

  /** A page as a PNG of `width` pixels. @throws as {@link inspect}; PAGE_NOT_FOUND */
  async render(
    document: LocalDocument,
    page: number,
    width: number | undefined,
    signal?: AbortSignal,
  ): Promise<{ readonly head: RenderHead; readonly bytes: Uint8Array }> {
    const request = { ...this.describe(document), page, width };
    const { head, bytes } = await this.ask(WORKER_PATTERNS.render, request, {
      timeoutMs: PAGE_TIMEOUT_MS,
      maxBytes: this.limits.maxResultBytes,
      signal,
    });
    return { head: parseMessage(RenderHeadSchema, head), bytes };
  }

  private describe({ record }: LocalDocument): WorkerDocument {
    return { id: record.id, size: record.size, pieceLength: record.pieceLength, source: this.source() };
  }

  private async ask(
    pattern: string,
    request: unknown,
    { timeoutMs, maxBytes, signal }: JobOptions,
  ): Promise<{ head: unknown; bytes: Uint8Array }> {
    const first = this.turn++;
    let reason = 'PAGESWARM_WORKERS names none';
    for (let attempt = 0; attempt < Math.min(this.workers.length, MAX_WORKERS_ASKED); attempt++) {
      const worker = this.workers[(first + attempt) % this.workers.length] as Endpoint;
      try {
        const reply = await this.connections.get(worker).bytes<unknown>(pattern, request, { timeoutMs, signal });
        return { head: reply.head, bytes: await collect(reply.body, maxBytes) };
      } catch (error) {
        if (!isPageSwarmError(error) || !WORKER_IS_AWAY.has(error.code)) throw error;
        reason = `${formatEndpoint(worker)}: ${errorShape(error).detail}`;
      }
    }
    throw new PageSwarmError('WORKER_UNAVAILABLE', `No pdf-worker takes the job (${reason})`);
  }
}

async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new PageSwarmError('LIMIT_EXCEEDED', `The answer of the pdf-worker is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, bytes);
}
