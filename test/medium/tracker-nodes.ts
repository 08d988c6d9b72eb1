// A tracker in this process and peers that speak to it, for the medium tests of the tracker.
import { createHash, randomBytes } from 'node:crypto';
import { readTrackerConfig } from '@pageswarm/config';
import type { AnnouncedDocument, AnnounceReply, Document, JoinReply, SearchItem } from '@pageswarm/contracts';
import { PEER_PATTERNS, TRACKER_PATTERNS } from '@pageswarm/contracts';
import { createLogger, type Logger } from '@pageswarm/observability';
import { type Endpoint, type PeerId, peerId } from '@pageswarm/primitives';
import { freePorts } from '@pageswarm/testing';
import { DocumentHasher, encodeMetainfo, infoHashes } from '@pageswarm/torrent';
import { type RunningTracker, startTracker } from '@pageswarm/tracker';
import { ByteReply, SwarmClient, SwarmServer } from '@pageswarm/transport';

/** A tracker on ports that stay free for it when it is started there again. */
export async function startTestTracker(env: Record<string, string> = {}, logger = testLogger()): Promise<RunningTracker> {
  const [http, transport] = await freePorts(2);
  const config = readTrackerConfig({
    PAGESWARM_HTTP_PORT: String(http),
    PAGESWARM_TRANSPORT_PORT: String(transport),
    PAGESWARM_NODE_NAME: 'tracker',
    PAGESWARM_SHUTDOWN_GRACE_MS: '200',
    PAGESWARM_LEASE_MS: '3000',
    PAGESWARM_SNAPSHOT_INTERVAL_MS: '100',
    ...env,
  });
  return startTracker(config, logger);
}

export function testLogger(): Logger {
  return createLogger({ service: 'tracker', node: 'test', level: process.env.TRACKER_TEST_LOG ?? 'silent', format: 'json' });
}

/** A document with its metainfo, as the peer that added it would tell. */
export interface TestDocument {
  readonly announcement: AnnouncedDocument;
  readonly metainfo: Uint8Array;
  readonly bytes: Uint8Array;
}

/** `size` bytes that depend on `seed`, under `name`. */
export function makeDocument(name: string, seed: number, size = 100_000): TestDocument {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 32)
    bytes.set(
      createHash('sha256')
        .update(`${seed} ${at}`)
        .digest()
        .subarray(0, Math.min(32, size - at)),
      at,
    );
  const hasher = new DocumentHasher(size);
  hasher.update(bytes);
  const { root, md5, pieceLength, pieceLayer, v1Pieces } = hasher.finish();
  const info = { name, size, pieceLength, root, v1Pieces };
  const pageMap = Buffer.from(`map of ${seed}`);
  return {
    bytes,
    metainfo: encodeMetainfo({ ...info, pieceLayer, pageMap }),
    announcement: {
      ...{ id: root, name, size, pieceLength, md5, ...infoHashes(info) },
      ...{ pages: 2, words: [3, 4], extractor: 'test', title: null, author: null, mapped: true, mapReason: null },
      ...{ encrypted: false, needsPassword: false, error: null, aliases: [], complete: true, have: Math.ceil(size / pieceLength) },
    },
  };
}

/** A peer that joins a tracker, announces, and answers for the metainfo of its documents. */
export class TestPeer {
  readonly peerId: PeerId = peerId(randomBytes(20).toString('hex'));
  readonly client: SwarmClient;
  readonly documents = new Map<string, Uint8Array>();
  private readonly server: SwarmServer;
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(tracker: Endpoint, { host = '127.0.0.1', swarmKey }: { host?: string; swarmKey?: string } = {}) {
    const identity = { peerId: this.peerId, role: 'peer' } as const;
    const security = { swarmKey };
    this.client = new SwarmClient({ endpoint: tracker, identity, security });
    this.server = new SwarmServer({ host, port: 0, identity, security, limits: { drainTimeoutMs: 50 } });
    this.server.route<{ id: string }>(PEER_PATTERNS.metainfo, ({ data }) => {
      const bytes = this.documents.get(data.id) as Uint8Array;
      return new ByteReply(
        { bytes: bytes.length },
        (async function* () {
          yield bytes;
        })(),
      );
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve, reject) => this.server.listen((error) => (error ? reject(error) : resolve())));
    return this;
  }

  get port(): number {
    return this.server.address().port;
  }

  join(more: { port?: number; host?: string; http?: number; zone?: string } = {}): Promise<JoinReply> {
    const { port = this.port, host, http, zone } = more;
    return this.client.request(TRACKER_PATTERNS.join, { transport: { host, port }, http: http && { port: http }, name: 'a peer', zone });
  }

  announce(...documents: (TestDocument | { announcement: AnnouncedDocument })[]): Promise<AnnounceReply> {
    for (const document of documents) if ('metainfo' in document) this.documents.set(document.announcement.id, document.metainfo);
    return this.client.request(TRACKER_PATTERNS.announce, { documents: documents.map(({ announcement }) => announcement) });
  }

  renew(): Promise<{ leaseMs: number; reachable: boolean }> {
    return this.client.request(TRACKER_PATTERNS.renew, {});
  }

  /** Renews as a living peer does, until it is closed. */
  keepRenewing(everyMs = 500): this {
    this.heartbeat = setInterval(() => void this.renew().catch(() => {}), everyMs);
    return this;
  }

  async search(query: string, limit = 50): Promise<Document[]> {
    const found: Document[] = [];
    for await (const item of this.client.stream<SearchItem>(TRACKER_PATTERNS.search, { query, limit }))
      if ('document' in item) found.push(item.document);
    return found;
  }

  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    this.client.destroy();
    await this.server.close();
  }
}
