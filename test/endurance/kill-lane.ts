import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Document, Download } from '@pageswarm/contracts';
import { randomInteger, SeededRandom, shuffled } from '@pageswarm/primitives';
import { noisePdf, type ProcessSwarm, type ServiceProcess, waitUntil } from '@pageswarm/testing';
import { PeerClient } from '../../tools/local-swarm/peer.client.ts';
import { RestProblem } from '../../tools/local-swarm/rest-client.ts';

const MIB = 1_048_576;
const DOCUMENT_BYTES = 3 * MIB;
const DOCUMENTS = 3;
const PAGES = 24;
/** Two hosts of this rate need about a quarter of a second for a document. */
const UPLOAD_BYTES_PER_SECOND = 6 * MIB;
/** Kills fall into this time after a download was ordered, in milliseconds. */
const KILL_WINDOW_MS = 350;
const SETTLE_LIMIT_MS = 30_000;
/** Codes that say that nobody could send what is missing. */
const TRUE_REASONS = ['NO_HOSTS', 'TRACKER_UNAVAILABLE', 'DOCUMENT_NOT_FOUND'];

interface Sample {
  readonly document: Document;
  readonly sha256: string;
  readonly md5: string;
}

export type Victim = 'receiver' | 'sender' | 'tracker' | 'worker';
export const VICTIMS: readonly Victim[] = ['receiver', 'sender', 'tracker', 'worker'];

/** One swarm that lives through one kill after another, while the same documents are downloaded again and again. */
export class KillLane {
  readonly kills: Record<Victim, number> = { receiver: 0, sender: 0, tracker: 0, worker: 0 };
  /** Downloads that ended right, and those that said why not at first. */
  downloads = 0;
  stated = 0;
  private readonly random: SeededRandom;
  private readonly samples: Sample[] = [];
  private processes!: Record<Victim, ServiceProcess>;
  private otherSender!: ServiceProcess;
  private uploads = 0;

  constructor(
    private readonly swarm: ProcessSwarm,
    private readonly seed: number,
  ) {
    this.random = new SeededRandom(seed);
  }

  async start(): Promise<void> {
    const { swarm } = this;
    const tracker = await swarm.startTracker({ PAGESWARM_LOG_LEVEL: 'info' });
    const worker = await swarm.startWorker({ PAGESWARM_POOL_SIZE: '1', PAGESWARM_LOG_LEVEL: 'info' });
    const env = { PAGESWARM_UPLOAD_LIMIT_BYTES: String(UPLOAD_BYTES_PER_SECOND), PAGESWARM_LOG_LEVEL: 'info' };
    const [sender, other, receiver] = await Promise.all(['sender', 'other', 'receiver'].map((name) => swarm.startPeer(name, { env })));
    this.processes = { tracker, worker, sender: sender as ServiceProcess, receiver: receiver as ServiceProcess };
    this.otherSender = other as ServiceProcess;
    for (let place = 0; place < DOCUMENTS; place++) {
      const bytes = noisePdf({ pages: PAGES, pageBytes: DOCUMENT_BYTES / PAGES, seed: this.seed * 100 + place });
      const [document] = await Promise.all(
        [this.otherSender, this.processes.sender].map((peer) => clientOf(peer).addInspected(`Noise ${place}.pdf`, bytes, SETTLE_LIMIT_MS)),
      );
      this.samples.push({ document: document as Document, sha256: hash('sha256', bytes), md5: hash('md5', bytes) });
    }
  }

  /** One download during which one to three processes are killed and started again. @throws Error that says what went wrong */
  async round(): Promise<void> {
    const sample = this.samples[randomInteger(this.random, 0, DOCUMENTS)] as Sample;
    const victims = shuffled(this.random, VICTIMS).slice(0, randomInteger(this.random, 1, VICTIMS.length));
    const delays = victims.map(() => randomInteger(this.random, 0, KILL_WINDOW_MS));
    const plan = victims.map((victim, place) => `${victim} after ${delays[place]} ms`).join(', ');
    try {
      await this.forget(sample);
      const uploaded = victims.includes('worker') ? this.upload() : undefined;
      const ordered = this.order(sample);
      await Promise.all(victims.map((victim, place) => this.kill(victim, delays[place] as number)));
      await ordered;
      await this.expectWhole(sample);
      await (await uploaded)?.();
    } catch (cause) {
      throw new Error(`${plan}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }

  private async kill(victim: Victim, afterMs: number): Promise<void> {
    await delay(afterMs);
    const process = this.processes[victim];
    await process.kill('SIGKILL');
    this.kills[victim]++;
    await process.start();
  }

  /** Orders a download until the order is known to be taken: who is killed meanwhile cannot say so. */
  private async order({ document }: Sample): Promise<void> {
    const receiver = clientOf(this.processes.receiver);
    await waitUntil('the order to be taken', SETTLE_LIMIT_MS, async () => {
      try {
        await receiver.startDownload({ id: document.id });
        return true;
      } catch (error) {
        if (!(error instanceof RestProblem)) throw error;
        // It was taken, and the answer was lost.
        return error.status === 409;
      }
    });
  }

  private async expectWhole({ document, sha256, md5 }: Sample): Promise<void> {
    const receiver = clientOf(this.processes.receiver);
    let download = await this.settled(document.id);
    if (download && download.state !== 'done') {
      if (!download.error || !TRUE_REASONS.includes(download.error.code))
        throw new Error(`the download is ${download.state} with ${download.error?.code}: ${download.error?.detail}`);
      this.stated++;
      await fetch(`${receiver.base}/api/v1/downloads/${download.id}/resume`, { method: 'POST' });
      download = await this.settled(document.id);
      if (download?.state !== 'done') throw new Error(`after it was resumed: ${download?.state}, ${download?.error?.detail}`);
    }
    if (download && download.md5.actual !== md5) throw new Error(`md5 ${download.md5.actual} is reported, ${md5} is true`);
    const content = await receiver.contentHashes(document.id);
    if (content.sha256 !== sha256) throw new Error(`other bytes: sha256 ${content.sha256} of ${content.size} bytes, expected ${sha256}`);
    this.downloads++;
  }

  /** The download once it does nothing more; undefined if it was done before its process was started again, which forgets it. */
  private settled(documentId: string): Promise<Download | undefined> {
    const { base } = this.processes.receiver;
    return waitUntil('the end of the download', SETTLE_LIMIT_MS, async () => {
      const list = (await (await fetch(`${base}/api/v1/downloads`)).json()) as { items: Download[] };
      const download = list.items.find((item) => item.documentId === documentId);
      if (download) return ['done', 'failed', 'paused'].includes(download.state) ? { download } : false;
      const document = await clientOf(this.processes.receiver).document(documentId);
      return document.id === documentId && { download: undefined };
    }).then(({ download }) => download);
  }

  /** What was downloaded before goes, so that it is downloaded again. */
  private async forget({ document }: Sample): Promise<void> {
    const { base } = this.processes.receiver;
    const list = (await (await fetch(`${base}/api/v1/downloads`)).json()) as { items: Download[] };
    for (const download of list.items)
      if (download.documentId === document.id) await fetch(`${base}/api/v1/downloads/${download.id}`, { method: 'DELETE' });
    await fetch(`${base}/api/v1/documents/${document.id}`, { method: 'DELETE' });
  }

  /** A document for the worker to inspect. @returns how to wait until its pages are known, and to take it back */
  private async upload(): Promise<() => Promise<void>> {
    const peer = clientOf(this.otherSender);
    const bytes = noisePdf({ pages: 3, pageBytes: 20_000, seed: this.seed * 1_000 + this.uploads++ });
    const { id } = await peer.add('For the worker.pdf', bytes);
    return async () => {
      const document = await waitUntil('the pages of an upload', SETTLE_LIMIT_MS, async () => {
        const now = await peer.document(id);
        return now.extractor !== null && now;
      });
      if (document.pages !== 3) throw new Error(`an upload has ${document.pages} pages instead of 3: ${document.error?.detail}`);
      await peer.remove(id);
    };
  }
}

const clientOf = (process: ServiceProcess) => new PeerClient(process.base);
const hash = (name: string, bytes: Uint8Array) => createHash(name).update(bytes).digest('hex');
