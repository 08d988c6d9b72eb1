import {
  type Document,
  DocumentIdentitySchema,
  InspectionSchema,
  type JoinReply,
  PEER_PATTERNS,
  type PiecesRequest,
  TRACKER_PATTERNS,
} from '@pageswarm/contracts';
import { countOf, type Endpoint, formatEndpoint, indexesOf, type PeerId, pieceSize } from '@pageswarm/primitives';
import { ByteReply, type NodeIdentity, SwarmClient, SwarmServer } from '@pageswarm/transport';
import { noise } from './noise-pdf.ts';

/**
 * How a lying peer treats who asks it for pieces: bytes of the right length that are wrong, half a piece and then silence, an
 * answer that makes no sense, pieces that nobody asked for, or fewer bytes than it announced.
 */
export type LyingManner = 'wrong-bytes' | 'stalls' | 'nonsense' | 'other-pieces' | 'too-few-bytes';

export interface LyingPeerOptions {
  readonly tracker: Endpoint;
  /** What it claims to have whole. */
  readonly document: Document;
  readonly manner: LyingManner;
  readonly peerId: PeerId;
}

const SILENT = { error: () => undefined, warn: () => undefined };

/** A node that keeps the protocol, joins a tracker as a complete host of a document it never saw, and lies about its pieces. */
export class LyingPeer {
  private readonly server: SwarmServer;
  private readonly tracker: SwarmClient;
  private heartbeat: NodeJS.Timeout | undefined;
  private asked = 0;

  constructor(private readonly options: LyingPeerOptions) {
    const identity: NodeIdentity = { peerId: options.peerId, role: 'peer' };
    this.server = new SwarmServer({ host: '127.0.0.1', port: 0, identity, logger: SILENT });
    this.tracker = new SwarmClient({ endpoint: options.tracker, identity, logger: SILENT });
    this.server.route<PiecesRequest>(PEER_PATTERNS.pieces, ({ data, context }) => this.lie(data, context.signal));
  }

  get peerId(): PeerId {
    return this.options.peerId;
  }

  get address(): string {
    return formatEndpoint(this.server.address());
  }

  /** How many pieces it was asked for. */
  get piecesAsked(): number {
    return this.asked;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.server.listen((error) => (error ? reject(error) : resolve())));
    const { host, port } = this.server.address();
    const lease = await this.tracker.request<JoinReply>(TRACKER_PATTERNS.join, {
      transport: { host, port },
      name: `liar (${this.options.manner})`,
    });
    this.heartbeat = setInterval(() => void this.tracker.request(TRACKER_PATTERNS.renew, {}).catch(() => undefined), lease.heartbeatMs);
    const { document } = this.options;
    const known = { ...DocumentIdentitySchema.parse(document), ...InspectionSchema.parse(document) };
    const have = Math.ceil(document.size / document.pieceLength);
    await this.tracker.request(TRACKER_PATTERNS.announce, { documents: [{ ...known, complete: true, have }] });
  }

  async stop(): Promise<void> {
    clearInterval(this.heartbeat);
    this.tracker.destroy();
    this.server.destroy();
    await this.server.close();
  }

  private lie({ pieces }: PiecesRequest, signal: AbortSignal): ByteReply {
    this.asked += countOf(pieces);
    switch (this.options.manner) {
      case 'wrong-bytes':
        return new ByteReply({ pieces }, this.wrong(indexesOf(pieces)));
      case 'stalls':
        return new ByteReply({ pieces }, stall(signal));
      case 'nonsense':
        return new ByteReply({ pieces: 'all of them' }, this.wrong([]));
      case 'other-pieces':
        return new ByteReply({ pieces: pieces.map(([first, count]) => [first + 1, count]) }, this.wrong(indexesOf(pieces)));
      case 'too-few-bytes':
        return new ByteReply({ pieces }, half());
    }
  }

  private async *wrong(pieces: Iterable<number>): AsyncGenerator<Uint8Array> {
    const { size, pieceLength } = this.options.document;
    for (const piece of pieces) yield noise(pieceSize(piece, size, pieceLength), `wrong/${piece}`);
  }
}

async function* half(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(8_192);
}

async function* stall(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  yield* half();
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
}
