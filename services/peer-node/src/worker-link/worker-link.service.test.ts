import { afterEach, describe, expect, it } from '@jest/globals';
import { type InspectionHead, type RenderHead, WORKER_PATTERNS } from '@pageswarm/contracts';
import { documentId, type ErrorCode, PageSwarmError, peerId } from '@pageswarm/primitives';
import { ByteReply, SwarmClientPool, SwarmServer } from '@pageswarm/transport';
import { NOT_INSPECTED } from '../library/document-record.ts';
import type { LocalDocument } from '../library/local-document.ts';
import { WorkerLink } from './worker-link.service.ts';

const identity = (digits: string, role: 'peer' | 'worker') => ({ peerId: peerId(digits.repeat(20)), role });
const document = { record: { id: documentId('ab'.repeat(32)), size: 40_000, pieceLength: 16_384 } } as LocalDocument;
const NOBODY = { host: '127.0.0.1', port: 1 };

const PICTURE_BYTES = 5;
/** What was found in the document, a byte of page map, two of layout, three of texts. */
const FOUND_BYTES = 6;
const FOUND = { ...NOT_INSPECTED, pages: 1, words: [1], mapped: true, mapReason: null };

/** So many bytes in each part, and in each byte how many they are. */
async function* bytesOf(...lengths: number[]) {
  for (const length of lengths) yield new Uint8Array(length).fill(length);
}

/** A pdf-worker that draws everything as the same picture, or answers with an error. */
class ScriptedWorker {
  jobs = 0;
  private readonly server = new SwarmServer({ host: '127.0.0.1', port: 0, identity: identity('01', 'worker') });

  constructor(private readonly code?: ErrorCode) {}

  async start() {
    this.server.route(WORKER_PATTERNS.render, async () => {
      this.jobs++;
      if (this.code) throw new PageSwarmError(this.code, 'as told');
      return new ByteReply<RenderHead>({ width: 1, height: 1 }, bytesOf(PICTURE_BYTES));
    });
    this.server.route(WORKER_PATTERNS.inspect, async () => {
      const bytes = { pageMap: 1, layout: 2, texts: 3 };
      return new ByteReply<InspectionHead>({ ...FOUND, bytes }, bytesOf(1, 2, 3));
    });
    await new Promise<void>((resolve, reject) => this.server.listen((error) => (error ? reject(error) : resolve())));
    return this.server.address();
  }

  stop(): Promise<void> {
    return this.server.close();
  }
}

describe('a peer and its pdf-workers', () => {
  const started: ScriptedWorker[] = [];
  const connections = new SwarmClientPool({ identity: identity('02', 'peer') });
  const start = async (code?: ErrorCode) => {
    const worker = new ScriptedWorker(code);
    started.push(worker);
    return { worker, endpoint: await worker.start() };
  };
  const linkTo = (...endpoints: { host: string; port: number }[]) => new WorkerLink(endpoints, connections, () => ({ port: 1 }));
  const draw = (link: WorkerLink) => link.render(document, 1, 100);

  afterEach(async () => {
    for (const worker of started.splice(0)) await worker.stop();
  });

  it('give them their jobs in turn', async () => {
    const [one, other] = [await start(), await start()];
    const link = linkTo(one.endpoint, other.endpoint);
    for (let job = 0; job < 6; job++) expect((await draw(link)).bytes.length).toBe(5);
    expect([one.worker.jobs, other.worker.jobs]).toEqual([3, 3]);
  });

  it.each(['WORKER_BUSY', 'GOING_AWAY'] as const)('turn to the other when one answers %s, and ask each once', async (code) => {
    const [busy, free] = [await start(code), await start()];
    const link = linkTo(busy.endpoint, free.endpoint);
    for (let job = 0; job < 4; job++) await draw(link);
    expect([busy.worker.jobs, free.worker.jobs]).toEqual([2, 4]);
  });

  it('ask one other and no third', async () => {
    const [busy, away, free] = [await start('WORKER_BUSY'), await start('GOING_AWAY'), await start()];
    const link = linkTo(busy.endpoint, away.endpoint, free.endpoint);
    await expect(draw(link)).rejects.toMatchObject({ code: 'WORKER_UNAVAILABLE' });
    expect([busy, away, free].map(({ worker }) => worker.jobs)).toEqual([1, 1, 0]);
    // It is the next one's turn with the next job, so that one after another comes to the one that is free.
    await draw(link);
    expect([busy, away, free].map(({ worker }) => worker.jobs)).toEqual([1, 2, 1]);
  });

  it('take no more from one than an answer may have', async () => {
    const { endpoint } = await start();
    const allowing = (bytes: number) =>
      new WorkerLink([endpoint], connections, () => ({ port: 1 }), { maxInspectionBytes: bytes, maxResultBytes: bytes });
    const tooLarge = { code: 'LIMIT_EXCEEDED', detail: expect.stringContaining('larger than') };
    expect((await draw(allowing(PICTURE_BYTES))).bytes.length).toBe(PICTURE_BYTES);
    await expect(draw(allowing(PICTURE_BYTES - 1))).rejects.toMatchObject(tooLarge);
    expect((await allowing(FOUND_BYTES).inspect(document)).findings).toEqual({
      layout: Buffer.from([2, 2]),
      texts: Buffer.from([3, 3, 3]),
    });
    await expect(allowing(FOUND_BYTES - 1).inspect(document)).rejects.toMatchObject(tooLarge);
  });

  it('turn to the other when nobody answers at an address', async () => {
    const { worker, endpoint } = await start();
    const link = linkTo(NOBODY, endpoint);
    await draw(link);
    await draw(link);
    expect(worker.jobs).toBe(2);
  });

  it.each(['PDF_TIMEOUT', 'PDF_CRASH', 'PAGE_NOT_FOUND'] as const)(
    'believe one that says %s: the document would do the same to the next',
    async (code) => {
      const [first, second] = [await start(code), await start()];
      await expect(draw(linkTo(first.endpoint, second.endpoint))).rejects.toMatchObject({ code });
      expect(second.worker.jobs).toBe(0);
    },
  );

  it('say that there is none when all are away, and who said so last', async () => {
    const { endpoint } = await start('WORKER_BUSY');
    await expect(draw(linkTo(NOBODY, endpoint))).rejects.toMatchObject({
      code: 'WORKER_UNAVAILABLE',
      detail: expect.stringContaining('as told'),
    });
    await expect(draw(linkTo())).rejects.toMatchObject({ code: 'WORKER_UNAVAILABLE' });
  });
});
