// Peers that announce and withdraw documents at a tracker that may die at any moment, and remember what it confirmed.
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AnnouncedDocument, type Document, type DocumentList, TRACKER_PATTERNS } from '@pageswarm/contracts';
import { documentId, infoHashV1, infoHashV2, md5, type Random, randomInteger } from '@pageswarm/primitives';
import type { ServiceProcess } from '@pageswarm/testing';
import { TestPeer } from '../medium/tracker-nodes.ts';

const LIVING_PEERS = 3;
const SIZE = 655_360;
const PIECES = 40;
const PAGE = 200;
/** When a word came that has no answer yet, and may never get one. */
const NO_ANSWER = Number.POSITIVE_INFINITY;
const UNKNOWN = { pages: null, words: null, extractor: null, title: null, author: null, mapped: false, mapReason: null } as const;

/** Document number `n`, of which the tracker sees names and hashes alone. */
function announcementOf(n: number): AnnouncedDocument {
  const digits = (what: string, length: number) => createHash('sha256').update(`${what} ${n}`).digest('hex').slice(0, length);
  return {
    ...{ id: documentId(digits('root', 64)), name: `document ${n}.pdf`, size: SIZE, pieceLength: 16_384, md5: md5(digits('md5', 32)) },
    ...{ infoHashV1: infoHashV1(digits('v1', 40)), infoHashV2: infoHashV2(digits('v2', 64)) },
    ...{ ...UNKNOWN, encrypted: false, needsPassword: false, error: null, aliases: [], complete: true, have: PIECES },
  };
}

/** What the tracker said of one document last, and when its word came; in milliseconds since 1970. */
interface Word {
  readonly isListed: boolean;
  readonly at: number;
}

export class TrackerLoad {
  readonly living: TestPeer[] = [];
  /** Peers that died with the tracker, or before. */
  readonly dead = new Set<string>();
  /** The last word about each document. */
  private readonly words = new Map<string, Word>();
  private readonly asked = new Set<string>();
  private next = 0;
  /** Everything that was told before this moment is in the copy, by the tracker's own word. */
  private savedAt = 0;

  constructor(
    private readonly tracker: ServiceProcess,
    private readonly random: Random,
  ) {}

  async start(): Promise<void> {
    for (let n = 0; n < LIVING_PEERS; n++) {
      const peer = await new TestPeer(this.tracker.transport).listen();
      await peer.join();
      this.living.push(peer);
    }
  }

  /** How many documents were told of and answered for. */
  get told(): number {
    return [...this.words.values()].filter(({ at }) => at !== NO_ANSWER).length;
  }

  /** How many documents the copy must hold, or must not. */
  get confirmed(): number {
    return [...this.words.values()].filter((word) => this.isConfirmed(word)).length;
  }

  /** Announces and withdraws until the tracker dies or `ms` are over; one more peer comes, announces, and dies without a word. */
  async run(ms: number): Promise<void> {
    const until = Date.now() + ms;
    const isOver = () => Date.now() >= until || !this.tracker.alive;
    const watch = async () => {
      for (; !isOver(); await sleep(10)) await this.readSavedAt().catch(() => undefined);
    };
    const ghost = async () => {
      const peer = await new TestPeer(this.tracker.transport).listen();
      this.dead.add(peer.peerId);
      try {
        await peer.join();
        await this.announce(peer);
      } catch {
        // The tracker died meanwhile.
      }
      await peer.close();
    };
    const lane = async (peer: TestPeer) => {
      await peer.join().catch(() => undefined);
      for (; !isOver(); await sleep(2))
        try {
          if (randomInteger(this.random, 0, 9) === 0) await this.withdraw(peer);
          else await this.announce(peer);
        } catch {
          await sleep(10);
        }
    };
    await Promise.all([watch(), ghost(), ...this.living.map(lane)]);
  }

  /** Everything that the tracker lists now. */
  async listed(): Promise<Map<string, Document>> {
    const found = new Map<string, Document>();
    for (let cursor: string | null = ''; cursor !== null; ) {
      const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const answer = await fetch(`${this.tracker.base}/api/v1/documents?limit=${PAGE}${from}`);
      const { items, nextCursor } = (await answer.json()) as DocumentList;
      for (const item of items) found.set(item.id, item);
      cursor = nextCursor;
    }
    return found;
  }

  /** After a kill: what was not confirmed may be lost, and counts as what the tracker makes of it. @returns how many were */
  forgive(listed: ReadonlyMap<string, Document>): number {
    let lost = 0;
    for (const [id, word] of this.words) {
      if (this.isConfirmed(word) || word.isListed === listed.has(id)) continue;
      this.words.delete(id);
      lost++;
    }
    return lost;
  }

  /** @throws Error when something that was confirmed is missing or back, or somebody dead is named */
  check(listed: ReadonlyMap<string, Document>): void {
    for (const [id, word] of this.words) {
      if (this.isConfirmed(word) && word.isListed !== listed.has(id))
        throw new Error(
          `document ${id}, ${word.isListed ? 'announced' : 'withdrawn'} at ${word.at} and saved at ${this.savedAt}, is ${word.isListed ? 'missing' : 'back'}`,
        );
    }
    for (const { id, hosts } of listed.values()) {
      if (!this.asked.has(id)) throw new Error(`document ${id} was never announced`);
      for (const { peerId } of hosts) if (this.dead.has(peerId)) throw new Error(`the dead peer ${peerId} is handed out for ${id}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.living.map((peer) => peer.close()));
  }

  async readSavedAt(): Promise<number> {
    const { snapshot } = (await (await fetch(`${this.tracker.base}/api/v1/stats`)).json()) as { snapshot: { savedAt: string | null } };
    this.savedAt = Math.max(this.savedAt, snapshot.savedAt === null ? 0 : Date.parse(snapshot.savedAt));
    return this.savedAt;
  }

  private isConfirmed({ at }: Word): boolean {
    return at < this.savedAt;
  }

  private async announce(peer: TestPeer): Promise<void> {
    const documents = Array.from({ length: randomInteger(this.random, 1, 4) }, () => announcementOf(this.next++));
    for (const { id } of documents) this.asked.add(id);
    for (const { id } of documents) this.words.set(id, { isListed: true, at: NO_ANSWER });
    await peer.client.request(TRACKER_PATTERNS.announce, { documents });
    const at = Date.now();
    for (const { id } of documents) this.words.set(id, { isListed: true, at });
    for (const { id } of documents) peer.documents.set(id, new Uint8Array());
  }

  private async withdraw(peer: TestPeer): Promise<void> {
    const ids = [...peer.documents.keys()];
    const id = ids[randomInteger(this.random, 0, ids.length - 1)];
    if (id === undefined) return;
    peer.documents.delete(id);
    this.words.set(id, { isListed: false, at: NO_ANSWER });
    await peer.client.request(TRACKER_PATTERNS.withdraw, { ids: [id] });
    this.words.set(id, { isListed: false, at: Date.now() });
  }
}
