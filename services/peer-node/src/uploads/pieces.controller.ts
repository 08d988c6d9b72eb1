import { Inject } from '@nestjs/common';
import { Ctx, MessagePattern, Payload } from '@nestjs/microservices';
import {
  DocumentRequestSchema,
  type FindingsHead,
  type HaveReply,
  type HaveUpdate,
  type MetainfoHead,
  type PageMapHead,
  PEER_PATTERNS,
  type PiecesHead,
  PiecesRequestSchema,
  parseMessage,
} from '@pageswarm/contracts';
import { encodePageMap } from '@pageswarm/page-map';
import { type IndexRange, PageSwarmError, type PeerId } from '@pageswarm/primitives';
import { ByteReply, SwarmContext, SwarmController } from '@pageswarm/transport';
import { MAX_TURN_BYTES } from '../bandwidth/bandwidth.ts';
import { NodeBandwidth } from '../bandwidth/node-bandwidth.ts';
import { FindingStore } from '../library/finding-store.ts';
import { KeyedQueue } from '../library/keyed-queue.ts';
import { Library } from '../library/library.service.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { DocumentReader } from '../reading/document-reader.ts';
import { SendBuffers } from './send-buffers.ts';
import { UploadMeter } from './upload-meter.ts';

/** How much is read from the disk at a time while pieces are sent, in bytes. */
export const SEND_CHUNK_BYTES = MAX_TURN_BYTES;
/** How long a pdf-worker's request waits for a piece that is still to come from the swarm, in milliseconds. */
export const WORKER_DEMAND_TIMEOUT_MS = 30_000;

/** Serves what this node has to other nodes: every verified piece from the moment it is stored. */
@SwarmController()
export class PiecesController {
  private readonly turns = new KeyedQueue<string>();

  constructor(
    @Inject(Library) private readonly library: Library,
    @Inject(FindingStore) private readonly findings: FindingStore,
    @Inject(DocumentReader) private readonly reader: DocumentReader,
    @Inject(UploadMeter) private readonly meter: UploadMeter,
    @Inject(NodeBandwidth) private readonly bandwidth: NodeBandwidth,
    @Inject(SendBuffers) private readonly buffers: SendBuffers,
  ) {}

  /** The one path of document bytes. Pieces that are not here are left out of the head, unless a pdf-worker demands them. */
  @MessagePattern(PEER_PATTERNS.pieces)
  pieces(@Payload() payload: unknown, @Ctx() context: SwarmContext): ByteReply<PiecesHead> {
    const request = parseMessage(PiecesRequestSchema, payload);
    const document = this.library.get(request.id);
    demandInside(request.pieces, document);
    if (request.demand && context.peer.role === 'worker')
      return this.reply(request.pieces, this.sendOnDemand(document, request.pieces, context.signal));
    const pieces = piecesHere(request.pieces, document);
    return this.reply(pieces, this.sendInTurn(document, pieces, context));
  }

  @MessagePattern(PEER_PATTERNS.have)
  have(@Payload() payload: unknown): HaveReply {
    const document = this.library.get(parseMessage(DocumentRequestSchema, payload).id);
    const { id, size, pieceLength } = document.record;
    return { id, size, pieceLength, pieces: document.have.toRanges() };
  }

  @MessagePattern(PEER_PATTERNS.watch)
  async *watch(@Payload() payload: unknown, @Ctx() context: SwarmContext): AsyncGenerator<HaveUpdate> {
    const document = this.library.get(parseMessage(DocumentRequestSchema, payload).id);
    const updates = document.feed.watch(context.signal);
    const first = document.have.toRanges();
    yield { pieces: first };
    for await (const pieces of updates) yield { pieces };
  }

  @MessagePattern(PEER_PATTERNS.metainfo)
  metainfo(@Payload() payload: unknown): ByteReply<MetainfoHead> {
    const bytes = this.library.get(parseMessage(DocumentRequestSchema, payload).id).encodeMetainfo();
    return new ByteReply({ bytes: bytes.length }, once(bytes));
  }

  @MessagePattern(PEER_PATTERNS.pageMap)
  pageMap(@Payload() payload: unknown): ByteReply<PageMapHead> {
    const bytes = encodePageMap(this.library.get(parseMessage(DocumentRequestSchema, payload).id).pageMap);
    return new ByteReply({ bytes: bytes.length }, once(bytes));
  }

  @MessagePattern(PEER_PATTERNS.findings)
  async findingsOf(@Payload() payload: unknown): Promise<ByteReply<FindingsHead>> {
    const { id } = this.library.get(parseMessage(DocumentRequestSchema, payload).id);
    const found = await this.findings.load(id);
    if (!found) throw new PageSwarmError('PAGE_NOT_AVAILABLE', 'This node does not keep the texts of that document');
    const { layout, texts } = found;
    return new ByteReply({ layout: layout.length, texts: texts.length }, once(Buffer.concat([layout, texts])));
  }

  private reply(pieces: readonly IndexRange[], body: AsyncIterable<Uint8Array>): ByteReply<PiecesHead> {
    return new ByteReply({ pieces: [...pieces] }, body, (chunk) => this.buffers.give(chunk));
  }

  /** Requests of one peer for one document are served in the order in which they came: what it asked first, it needs first. */
  private async *sendInTurn(
    document: LocalDocument,
    ranges: readonly IndexRange[],
    { peer, signal }: SwarmContext,
  ): AsyncGenerator<Uint8Array> {
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    try {
      await new Promise<void>((begin) => {
        void this.turns.run(`${peer.peerId} ${document.id}`, () => {
          begin();
          return ended;
        });
      });
      if (!signal.aborted) yield* this.sendLimited(document, ranges, peer.peerId, signal);
    } finally {
      end();
    }
  }

  /** To other peers, within the rate limits and fair between them. */
  private async *sendLimited(
    document: LocalDocument,
    ranges: readonly IndexRange[],
    peerId: PeerId,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const { upload } = this.bandwidth;
    for (const range of ranges) {
      const [offset, length] = bytesOf(range, document);
      for (let sent = 0; sent < length; ) {
        const bytes = Math.min(upload.turnBytes, length - sent);
        await upload.turn(peerId, document.id, bytes, signal);
        yield await this.read(document, offset + sent, bytes);
        sent += bytes;
      }
    }
  }

  /** To a pdf-worker, which belongs to this node: rate limits are for other peers. */
  private async *send(document: LocalDocument, range: IndexRange): AsyncGenerator<Uint8Array> {
    const [offset, length] = bytesOf(range, document);
    for (let sent = 0; sent < length; sent += SEND_CHUNK_BYTES)
      yield await this.read(document, offset + sent, Math.min(SEND_CHUNK_BYTES, length - sent));
  }

  private async read(document: LocalDocument, offset: number, length: number): Promise<Uint8Array> {
    const chunk = await document.pieces.read(offset, length, this.buffers.take(length));
    this.meter.sent(chunk.length);
    return chunk;
  }

  private async *sendOnDemand(document: LocalDocument, ranges: readonly IndexRange[], signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const release = this.reader.demand(document, ranges);
    try {
      for (const range of ranges) {
        await this.reader.available(document, [range], { signal, timeoutMs: WORKER_DEMAND_TIMEOUT_MS });
        yield* this.send(document, range);
      }
    } finally {
      release();
    }
  }
}

function demandInside(ranges: readonly IndexRange[], { have }: LocalDocument): void {
  let pieces = 0;
  for (const [first, count] of ranges) {
    if (first + count > have.size)
      throw new PageSwarmError('INVALID_REQUEST', `Piece ${first + count - 1} is beyond the ${have.size} pieces of the document`);
    pieces += count;
  }
  if (pieces > have.size) throw new PageSwarmError('INVALID_REQUEST', 'A request may name each piece once');
}

/** The pieces of a request that are here, in the order of the request. */
function piecesHere(ranges: readonly IndexRange[], { have }: LocalDocument): IndexRange[] {
  const here: [number, number][] = [];
  for (const [first, count] of ranges)
    for (let piece = first; piece < first + count; piece++) {
      if (!have.has(piece)) continue;
      const last = here.at(-1);
      if (last && last[0] + last[1] === piece) last[1]++;
      else here.push([piece, 1]);
    }
  return here;
}

function bytesOf([first, count]: IndexRange, { record }: LocalDocument): [offset: number, length: number] {
  const offset = first * record.pieceLength;
  return [offset, Math.min(count * record.pieceLength, record.size - offset)];
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
