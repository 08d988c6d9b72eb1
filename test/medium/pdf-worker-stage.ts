// A pdf-worker on real sockets with real child processes, and a peer that answers for its documents out of memory.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readWorkerConfig } from '@pageswarm/config';
import {
  type DocumentLayout,
  decodeLayout,
  type ExtractHead,
  type InspectionHead,
  PEER_PATTERNS,
  type PiecesHead,
  type PiecesRequest,
  type RenderHead,
  WORKER_PATTERNS,
} from '@pageswarm/contracts';
import { createLogger } from '@pageswarm/observability';
import { type RunningWorker, startPdfWorker } from '@pageswarm/pdf-worker';
import {
  type ByteSource,
  choosePieceLength,
  documentId,
  type Endpoint,
  indexesOf,
  MemoryByteSource,
  PageSwarmError,
  peerId,
  pieceSize,
} from '@pageswarm/primitives';
import { ByteReply, SwarmClient, SwarmServer } from '@pageswarm/transport';
import { startWorkerProcess, type WorkerProcess } from './worker-process.ts';

/** The bundled child script: a process of its own cannot run TypeScript. */
export function builtJobScript(): URL {
  const path = join(process.env['TEST_BUILD_DIR'] ?? 'build/services', 'pdf-job.child.js');
  if (!existsSync(path)) throw new Error(`${path} is missing: run "npm run build" first ("npm test" does)`);
  return pathToFileURL(path);
}

const newPeerId = () => peerId(randomBytes(20).toString('hex'));
const loopback = { host: '127.0.0.1', port: 0 };

export interface StagedDocument {
  readonly source: ByteSource;
  /** Pieces that the peer does not have and cannot get. */
  readonly missing?: ReadonlySet<number>;
}

/** A peer that has documents and counts what it is asked for. */
export class FakePeer {
  readonly requests: PiecesRequest[] = [];
  bytesSent = 0;
  /** Set to make every request wait. */
  hold: Promise<void> = Promise.resolve();
  cancelled = 0;
  private readonly documents = new Map<string, StagedDocument>();
  private readonly server = new SwarmServer({ ...loopback, identity: { peerId: newPeerId(), role: 'peer' } });

  async start(): Promise<void> {
    this.server.route<PiecesRequest>(PEER_PATTERNS.pieces, async ({ data, context }) => {
      this.requests.push(data);
      context.signal.addEventListener('abort', () => this.cancelled++);
      await this.hold;
      const document = this.documents.get(data.id);
      if (!document) throw new PageSwarmError('DOCUMENT_NOT_FOUND', 'This peer does not have that document');
      const pieces = [...indexesOf(data.pieces)];
      if (pieces.some((piece) => document.missing?.has(piece))) throw new PageSwarmError('PIECE_NOT_HERE', 'No host has that piece');
      return new ByteReply<PiecesHead>({ pieces: data.pieces }, this.send(document.source, pieces));
    });
    await new Promise<void>((resolve, reject) => this.server.listen((error) => (error ? reject(error) : resolve())));
  }

  get port(): number {
    return this.server.address().port;
  }

  /** Puts a document up; returns how a worker is asked for it. */
  add(bytes: Uint8Array, missing?: ReadonlySet<number>) {
    return this.addSource(new MemoryByteSource(bytes), createHash('sha256').update(bytes).digest('hex'), missing);
  }

  /** The same with a document that need not be in memory. @param root its id, which a worker cannot check */
  addSource(source: ByteSource, root: string, missing?: ReadonlySet<number>) {
    const id = documentId(root);
    this.documents.set(id, { source, missing });
    return { id, size: source.size, pieceLength: choosePieceLength(source.size), source: { port: this.port } };
  }

  close(): Promise<void> {
    return this.server.close();
  }

  private async *send(source: ByteSource, pieces: readonly number[]): AsyncGenerator<Uint8Array> {
    const pieceLength = choosePieceLength(source.size);
    for (const piece of pieces) {
      const length = pieceSize(piece, source.size, pieceLength);
      this.bytesSent += length;
      yield await source.read(piece * pieceLength, length);
    }
  }
}

export type DocumentRequest = ReturnType<FakePeer['add']>;

export interface StagedInspection {
  readonly head: InspectionHead;
  readonly body: Uint8Array;
  readonly layout: DocumentLayout;
  readonly texts: Uint8Array;
}

/** A worker, a peer, and the peer's connection to the worker. */
export class WorkerStage {
  readonly peer = new FakePeer();
  /** The worker, where it runs in this process. */
  worker!: RunningWorker;
  client!: SwarmClient;
  private apart: WorkerProcess | undefined;

  /** Starts the worker in a process of its own, whose memory is then its own. @returns the id of the process */
  async startApart(environment: Record<string, string> = {}): Promise<number> {
    this.apart = startWorkerProcess(environment);
    const { transport } = await this.apart.ready;
    await this.peer.start();
    this.client = new SwarmClient({ endpoint: transport, identity: { peerId: newPeerId(), role: 'peer' } });
    return this.apart.process.pid as number;
  }

  async start(environment: Record<string, string> = {}): Promise<void> {
    const config = readWorkerConfig({ PAGESWARM_HTTP_PORT: '0', PAGESWARM_TRANSPORT_PORT: '0', ...environment });
    const logger = createLogger({ service: 'pdf-worker', node: 'test', level: 'silent', format: 'json' });
    this.worker = await startPdfWorker(config, { logger, jobScript: builtJobScript() });
    await this.peer.start();
    this.client = new SwarmClient({ endpoint: this.worker.transport, identity: { peerId: newPeerId(), role: 'peer' } });
  }

  async close(): Promise<void> {
    await this.client?.close();
    await this.worker?.close();
    this.apart?.process.kill('SIGTERM');
    await this.apart?.ended;
    await this.peer.close();
  }

  /** @returns the findings, the encoded page map as body, and what is beside it */
  async inspect(document: DocumentRequest, signal?: AbortSignal): Promise<StagedInspection> {
    const { head, body } = await this.ask<InspectionHead>(WORKER_PATTERNS.inspect, document, signal);
    const { pageMap, layout } = head.bytes;
    return {
      head,
      body: body.subarray(0, pageMap),
      layout: decodeLayout(body.subarray(pageMap, pageMap + layout)),
      texts: body.subarray(pageMap + layout),
    };
  }

  extract(document: DocumentRequest, pages: string): Promise<{ head: ExtractHead; body: Uint8Array }> {
    return this.ask<ExtractHead>(WORKER_PATTERNS.extract, { ...document, pages });
  }

  join(parts: readonly (DocumentRequest & { readonly pages: string })[]): Promise<{ head: ExtractHead; body: Uint8Array }> {
    return this.ask<ExtractHead>(WORKER_PATTERNS.join, { parts });
  }

  render(document: DocumentRequest, page: number, width = 200): Promise<{ head: RenderHead; body: Uint8Array }> {
    return this.ask<RenderHead>(WORKER_PATTERNS.render, { ...document, page, width });
  }

  http(): Endpoint {
    return this.worker.http;
  }

  private async ask<Head>(pattern: string, data: unknown, signal?: AbortSignal): Promise<{ head: Head; body: Uint8Array }> {
    const { head, body } = await this.client.bytes<Head>(pattern, data, { signal });
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return { head, body: Buffer.concat(chunks) };
  }
}
