import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Inbox } from './inbox.ts';
import { ByteReply } from './index.ts';
import { MAX_SPARE_SLABS, RECEIVE_SLAB_BYTES, ReceiveMemory } from './receive-memory.ts';
import { failure, loopback } from './testing/loopback.ts';

/** A connection's memory with readers, fed by hand. Every read is filled with a number of its own. */
class Feed {
  readonly memory = new ReceiveMemory();
  private reads = 0;

  constructor(private readonly firstStamp = 0) {}

  inbox(isLending: boolean): Inbox<Uint8Array> {
    return new Inbox<Uint8Array>({ taken() {}, abandoned() {}, returned: (chunk) => this.memory.returned(chunk) }, isLending);
  }

  read(bytes: number, inbox: Inbox<Uint8Array>): number {
    const target = this.memory.next();
    const size = Math.min(bytes, target.length);
    const stamp = (this.firstStamp + this.reads++) % 251;
    target.fill(stamp, 0, size);
    const chunk = this.memory.arrived(target, size);
    inbox.push(this.memory.keep(chunk, inbox), size);
    return stamp;
  }
}

const holds = (chunk: Uint8Array, stamp: number): boolean => Buffer.alloc(chunk.length, stamp).equals(chunk);

async function taken(inbox: Inbox<Uint8Array>): Promise<Uint8Array> {
  return (await inbox.next()).value;
}

describe('memory that a socket reads into', () => {
  it('is one buffer for all connections until bytes of a stream come, and a reader never sees that buffer', async () => {
    const [feed, other] = [new Feed(), new Feed(99)];
    expect(feed.memory.next().buffer).toBe(other.memory.next().buffer);
    const inbox = feed.inbox(false);
    const stamp = feed.read(1_000, inbox);
    other.read(65_536, other.inbox(false));
    expect(holds(await taken(inbox), stamp)).toBe(true);
    expect(feed.memory.next().length).toBe(RECEIVE_SLAB_BYTES);
  });

  it('belongs to nobody again after a read without bytes of a stream', () => {
    const feed = new Feed();
    feed.read(1_000, feed.inbox(false));
    const slab = feed.memory.next();
    feed.memory.arrived(slab, 16);
    expect(feed.memory.next().buffer).toBe(new Feed().memory.next().buffer);
  });

  it('is used again when the reader has only borrowed it', async () => {
    const feed = new Feed();
    const inbox = feed.inbox(true);
    const seen = new Set<unknown>();
    for (let read = 0; read < 200; read++) {
      feed.read(100_000, inbox);
      seen.add((await taken(inbox)).buffer);
    }
    // The first chunk was a copy, and one slab is filled while the last chunk of the other is looked at.
    expect(seen.size).toBeLessThanOrEqual(3);
  });

  it('is never used again when a reader may have kept some of it', async () => {
    const feed = new Feed();
    const inbox = feed.inbox(false);
    const kept: [Uint8Array, number][] = [];
    for (let read = 0; read < 200; read++) {
      const stamp = feed.read(100_000, inbox);
      kept.push([await taken(inbox), stamp]);
    }
    for (const [chunk, stamp] of kept) expect(holds(chunk, stamp)).toBe(true);
  });

  it('lets go of a slab once it is full, and copies what a slow reader left in it', async () => {
    const feed = new Feed();
    const [slow, quick] = [feed.inbox(false), feed.inbox(true)];
    feed.read(10, quick);
    const slab = feed.memory.next().buffer;
    const stamp = feed.read(1_000, slow);
    for (let read = 0; read < 4; read++) {
      feed.read(100_000, quick);
      await taken(quick);
    }
    const chunk = await taken(slow);
    expect(chunk.buffer).not.toBe(slab);
    expect(chunk.buffer.byteLength).toBeLessThan(RECEIVE_SLAB_BYTES / 8);
    expect(holds(chunk, stamp)).toBe(true);
  });

  it('stays as it is while most of it waits for a reader that only borrows, and is used again afterwards', async () => {
    const feed = new Feed();
    const slow = feed.inbox(true);
    feed.read(10, slow);
    const stamps = [feed.read(100_000, slow), feed.read(100_000, slow)];
    for (let read = 0; read < 4; read++) feed.read(100_000, slow);
    await taken(slow);
    const chunks: Uint8Array[] = [];
    for (const stamp of stamps) {
      chunks.push(await taken(slow));
      expect(holds(chunks.at(-1) as Uint8Array, stamp)).toBe(true);
    }
    expect(chunks[0]?.buffer).toBe(chunks[1]?.buffer);
    expect(chunks[0]?.buffer.byteLength).toBe(RECEIVE_SLAB_BYTES);
    const spare = ReceiveMemory.spareSlabs;
    await taken(slow);
    expect(ReceiveMemory.spareSlabs).toBe(spare + 1);
  });

  it('waits to be used again in no more than 32 slabs', async () => {
    const inboxes = Array.from({ length: MAX_SPARE_SLABS + 10 }, () => new Feed()).map((feed) => ({ feed, inbox: feed.inbox(true) }));
    for (const { feed, inbox } of inboxes) {
      feed.read(10, inbox);
      await taken(inbox);
      feed.read(RECEIVE_SLAB_BYTES, inbox);
      await taken(inbox);
      // The next read shows that no more will come into the full slab; its chunk is still looked at.
      feed.memory.arrived(feed.memory.next(), 1);
      feed.memory.arrived(feed.memory.next(), 1);
    }
    expect(ReceiveMemory.spareSlabs).toBeLessThan(MAX_SPARE_SLABS);
    for (const { inbox } of inboxes) await inbox.return();
    expect(ReceiveMemory.spareSlabs).toBe(MAX_SPARE_SLABS);
  });

  it('keeps every chunk as it came for as long as its reader may look at it, whatever the order of reads and readers', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('read' as const), to: fc.nat(3), bytes: fc.integer({ min: 1, max: 300_000 }) }),
      fc.record({ kind: fc.constant('take' as const), to: fc.nat(3), bytes: fc.constant(0) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 60, maxLength: 120 }), async (steps) => {
        const feed = new Feed();
        const readers = [true, true, false, false].map((isLending) => ({ inbox: feed.inbox(isLending), due: [] as number[] }));
        const looked: { chunk: Uint8Array; stamp: number }[][] = readers.map(() => []);
        for (const { kind, to, bytes } of steps) {
          const { inbox, due } = readers[to] as (typeof readers)[0];
          if (kind === 'read') due.push(feed.read(bytes, inbox));
          else if (due.length > 0) {
            if (inbox.isLending) looked[to] = [];
            looked[to]?.push({ chunk: await taken(inbox), stamp: due.shift() as number });
          }
          for (const { chunk, stamp } of looked.flat()) if (!holds(chunk, stamp)) return false;
        }
        return looked.flat().every(({ chunk, stamp }) => holds(chunk, stamp));
      }),
      { numRuns: 15 },
    );
  });
});

describe('a byte stream whose chunks are lent', () => {
  const swarm = loopback(afterEach);

  it('carries every byte, and goes through a few slabs only', async () => {
    const part = randomBytes(4_000_000);
    async function* parts() {
      for (let count = 0; count < 8; count++) yield part;
    }
    const server = await swarm.listen((s) => s.route('file', () => new ByteReply(null, parts())));
    const { body } = await swarm.connect(server).bytes('file', null, { lendChunks: true });
    const slabs = new Set<unknown>();
    let at = 0;
    for await (const chunk of body) {
      if (chunk.buffer.byteLength === RECEIVE_SLAB_BYTES) slabs.add(chunk.buffer);
      for (let used = 0; used < chunk.length; ) {
        const expected = part.subarray((at + used) % part.length, ((at + used) % part.length) + chunk.length - used);
        if (expected.compare(chunk, used, used + expected.length) !== 0) throw new Error(`Other bytes than were sent at ${at + used}`);
        used += expected.length;
      }
      at += chunk.length;
    }
    expect(at).toBe(8 * part.length);
    expect(slabs.size).toBeGreaterThan(0);
    expect(slabs.size).toBeLessThanOrEqual(6);
  });

  it('gives everything back when its reader leaves early or it is cancelled', async () => {
    async function* endless() {
      for (;;) yield Buffer.alloc(65_536, 1);
    }
    const server = await swarm.listen((s) => s.route('endless', () => new ByteReply(null, endless())));
    const client = swarm.connect(server);
    const left = await client.bytes('endless', null, { lendChunks: true });
    let size = 0;
    for await (const chunk of left.body) {
      size += chunk.length;
      if (size > 2_000_000) break;
    }
    const cancelled = await client.bytes('endless', null, { lendChunks: true });
    cancelled.cancel();
    const reader = cancelled.body[Symbol.asyncIterator]();
    expect(await failure(reader.next())).toMatchObject({ code: 'CANCELLED' });
    expect(client.pendingRequests).toBe(0);
  });
});
