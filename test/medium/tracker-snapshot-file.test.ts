import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type HandoutReply, TRACKER_PATTERNS } from '@pageswarm/contracts';
import { createLogger } from '@pageswarm/observability';
import { FileSnapshotStore, type RunningTracker } from '@pageswarm/tracker';
import { behavesAsSnapshotStore, entry, everything, idOf } from './snapshot-store.contract.ts';
import { makeDocument, startTestTracker, TestPeer } from './tracker-nodes.ts';

const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
const MIN_BYTES = 4_096;

let folder: string;
let count = 0;
const newPath = () => join(folder, `kept in ${count++}`, 'tracker.snapshot');
const open = (path = newPath()) => new FileSnapshotStore(path, logger, MIN_BYTES);
const texts = (from: number, to: number) =>
  Object.fromEntries(Array.from({ length: to - from }, (_, n) => [`id ${from + n}`, `x ${from + n}`]));
const entries = (from: number, to: number, value = 'x') =>
  Array.from({ length: to - from }, (_, n) => entry(`id ${from + n}`, `${value} ${from + n}`));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pageswarm-snapshot-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a snapshot store in a file', () => {
  behavesAsSnapshotStore(open);

  it('gives its name and entries to the next process, wherever the last one was killed', async () => {
    const path = newPath();
    const first = open(path);
    const name = await first.dataSet();
    await first.save('documents', entries(0, 3), []);
    const whole = await readFile(path);
    await first.save('documents', [entry('id 1', 'newer')], [idOf('id 0')]);
    await first.close();
    const last = await readFile(path);
    for (let length = whole.length; length < last.length; length++) {
      await writeFile(path, last.subarray(0, length));
      const next = open(path);
      expect(await next.dataSet()).toBe(name);
      const found = await everything(next, 'documents');
      expect(['x 1', 'newer']).toContain(found['id 1']);
      await next.save('documents', [entry('later', 'entry')], []);
      expect(await everything(next, 'documents')).toEqual({ ...found, later: 'entry' });
      await next.close();
    }
  });

  it('drops a line that rotted, and keeps the others', async () => {
    const path = newPath();
    const first = open(path);
    await first.save('documents', entries(0, 3), []);
    await first.close();
    await writeFile(path, (await readFile(path, 'latin1')).replace('x 1', 'y 1'), 'latin1');
    const next = open(path);
    expect(await everything(next, 'documents')).toEqual({ 'id 0': 'x 0', 'id 2': 'x 2' });
    await next.close();
  });

  it.each([
    ['mark', 0],
    ['length', 4],
    ['length far beyond the limit', 4, 0xff],
    ['checksum', 8],
  ])('finds the next entry behind one whose %s is damaged', async (_, offset, byte = 1) => {
    const path = newPath();
    const first = open(path);
    await first.save('documents', entries(0, 1), []);
    const { bytes } = first;
    await first.save('documents', entries(1, 4), []);
    await first.close();
    const content = await readFile(path);
    content[bytes + offset] = (content[bytes + offset] as number) ^ byte;
    await writeFile(path, content);
    const next = open(path);
    expect(await everything(next, 'documents')).toEqual({ ...texts(0, 1), ...texts(2, 4) });
    await next.close();
  });

  it('counts nothing as kept since the disk last said so, when it cannot say so any more', async () => {
    const store = open();
    const before = await store.dataSet();
    await store.save('documents', entries(0, 3), []);
    const { journal } = store as unknown as { journal: { file: { datasync: () => Promise<void> } } };
    journal.file.datasync = async () => {
      throw new Error('EIO');
    };
    await expect(store.settle()).rejects.toThrow('EIO');
    expect(await store.dataSet()).not.toBe(before);
    await store.close();
  });

  it('is written anew when most of it is out of date, and leaves nothing beside it', async () => {
    const path = newPath();
    const store = open(path);
    await store.save('peers', [entry('p', 'peer')], []);
    let longest = 0;
    for (let round = 0; round < 200; round++) {
      await store.save('documents', entries(0, 20, `round ${round}`), round % 2 ? [idOf('id 19')] : []);
      longest = Math.max(longest, store.bytes);
    }
    expect(longest).toBeLessThan(2 * MIN_BYTES);
    expect([(await stat(path)).size, await readdir(join(path, '..'))]).toEqual([store.bytes, ['tracker.snapshot']]);
    const before = [await store.dataSet(), await everything(store, 'documents'), await everything(store, 'peers')];
    await store.close();
    const next = open(path);
    expect([await next.dataSet(), await everything(next, 'documents'), await everything(next, 'peers')]).toEqual(before);
    await next.close();
  });

  it('is not written anew while it grows by new entries alone, and is when they are out of date, also by the next process', async () => {
    const path = newPath();
    const files = new Set<number>();
    const grow = async (store: FileSnapshotStore, from: number, to: number) => {
      for (let n = from; n < to; n += 20) {
        await store.save('documents', entries(n, n + 20), []);
        files.add((await stat(path)).ino);
      }
    };
    const first = open(path);
    await grow(first, 0, 1_200);
    await first.close();
    const next = open(path);
    await grow(next, 1_200, 1_400);
    const grown = next.bytes;
    expect([grown > 4 * MIN_BYTES, files.size]).toEqual([true, 1]);
    for (let n = 0; n < 4_200; n += 10) {
      await next.save('documents', entries(n % 1_400, (n % 1_400) + 10, 'newer'), []);
      expect(next.bytes).toBeLessThan(2.6 * grown);
    }
    files.clear();
    await grow(next, 1_400, 12_000);
    expect([next.bytes > 6 * grown, files.size]).toEqual([true, 1]);
    expect(await everything(next, 'documents')).toMatchObject({ 'id 0': 'newer 0', 'id 1399': 'newer 1399', 'id 11999': 'x 11999' });
    await next.close();
  });

  it('does not grow from process to process, each of which changes the same again', async () => {
    const path = newPath();
    const first = open(path);
    await first.save('documents', entries(0, 400), []);
    const { bytes } = first;
    await first.close();
    for (let start = 0; start < 20; start++) {
      const store = open(path);
      const before = (await stat(path)).size;
      for (let n = 0; n < 300; n += 20) await store.save('documents', entries(n, n + 20, `start ${start}`), []);
      // More than the least, and less than there is.
      if (start === 0) expect([store.bytes - before > MIN_BYTES, store.bytes - before < bytes]).toEqual([true, true]);
      expect(store.bytes).toBeLessThan(3 * bytes);
      await store.close();
    }
  });

  it('is not written anew at the first change after it was found, whatever of it is out of date', async () => {
    const path = newPath();
    const first = open(path);
    for (let round = 0; round < 3; round++) await first.save('documents', entries(0, 20, `round ${round}`), []);
    const { ino } = await stat(path);
    await first.close();
    const next = open(path);
    await next.save('documents', entries(0, 20, 'later'), []);
    expect((await stat(path)).ino).toBe(ino);
    await next.close();
  });

  it('is written anew when most of what it has was removed', async () => {
    const store = open();
    for (let n = 0; n < 2_000; n += 20) {
      const gone = Array.from({ length: n === 0 ? 0 : 20 }, (_, m) => idOf(`id ${n - 20 + m}`));
      await store.save('documents', entries(n, n + 20), gone);
      expect(store.bytes).toBeLessThan(2 * MIN_BYTES);
    }
    expect(Object.keys(await everything(store, 'documents'))).toHaveLength(20);
    await store.close();
  });

  it.each([
    ['removed', (path: string) => rm(path)],
    ['cut', (path: string) => truncate(path, 150)],
    ['extended', (path: string) => appendFile(path, 'x')],
  ])('has another name after its file was %s', async (_, change) => {
    const path = newPath();
    const store = open(path);
    const before = await store.dataSet();
    await store.save('documents', entries(0, 30), []);
    await change(path);
    expect(await store.dataSet()).not.toBe(before);
    await store.save('documents', entries(0, 40), []);
    expect(Object.keys(await everything(store, 'documents'))).toHaveLength(40);
    await store.close();
  });

  it('leaves a foreign file alone and says what is wrong with it', async () => {
    const path = join(folder, 'foreign');
    await writeFile(path, 'my thesis\n');
    const store = open(path);
    await expect(store.dataSet()).rejects.toThrow('not a tracker snapshot');
    await expect(store.save('documents', [entry('a', '1')], [])).rejects.toThrow('not a tracker snapshot');
    expect(await readFile(path, 'utf8')).toBe('my thesis\n');
    await store.close();
  });

  it('goes on after a write that failed half way', async () => {
    const path = newPath();
    const store = open(path);
    await store.save('documents', entries(0, 3), []);
    const { journal } = store as unknown as { journal: { file: { write: (...given: unknown[]) => Promise<unknown> } } };
    const { file } = journal;
    const write = file.write.bind(file);
    let left = 10;
    file.write = async (bytes, offset, length, position) => {
      if (left === 0) throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      const taken = Math.min(left, length as number);
      left -= taken;
      return write(bytes, offset, taken, position);
    };
    await expect(store.save('documents', entries(0, 9, 'new'), [])).rejects.toThrow('ENOSPC');
    const before = await store.dataSet();
    expect(await everything(store, 'documents')).toEqual(texts(0, 3));
    file.write = write;
    await store.save('documents', [entry('a', '1')], []);
    expect([await store.dataSet(), Object.keys(await everything(store, 'documents')).length]).toEqual([before, 4]);
    await store.close();
    const next = open(path);
    expect(await everything(next, 'documents')).toEqual({ ...texts(0, 3), a: '1' });
    await next.close();
  });
});

describe('a tracker with a snapshot file', () => {
  const closing: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const { close } of closing.splice(0).reverse()) await close();
  });
  const start = async (path: string, port?: number) => {
    const tracker = await startTestTracker({
      PAGESWARM_SNAPSHOT_FILE: path,
      ...(port !== undefined && { PAGESWARM_TRANSPORT_PORT: String(port) }),
    });
    closing.push({ close: () => tracker.close() });
    return tracker;
  };
  const joined = async (tracker: RunningTracker) => {
    const peer = await new TestPeer(tracker.transport).listen();
    closing.push({ close: () => peer.close() });
    await peer.join();
    return peer;
  };

  it('is complete when it is ready again, and hands out hosts only when they answer', async () => {
    const path = newPath();
    const first = await start(path);
    const [stays, gone] = [await joined(first), await joined(first)];
    const book = makeDocument('book.pdf', 1);
    await stays.announce(book);
    await gone.announce(book);
    await first.close();
    await gone.close();
    const second = await start(path, first.transport.port);
    expect(second.parts.catalog.size).toBe(1);
    for (let tries = 0; second.parts.hosts.get(stays.peerId)?.state !== 'live'; tries++) {
      expect(tries).toBeLessThan(200);
      await sleep(20);
    }
    const asker = await joined(second);
    const { hosts } = await asker.client.request<HandoutReply>(TRACKER_PATTERNS.hosts, { id: book.announcement.id });
    expect(hosts.map(({ peerId }) => peerId)).toEqual([stays.peerId]);
  }, 20_000);

  it('serves on while the file cannot be written, and says so', async () => {
    const tracker = await start(join('/dev/null', 'tracker.snapshot'));
    const peer = await joined(tracker);
    await peer.announce(makeDocument('book.pdf', 1));
    const { ready, checks } = (await (await fetch(`http://127.0.0.1:${tracker.http.port}/readyz`)).json()) as {
      ready: boolean;
      checks: { snapshot: { ok: boolean; detail: string } };
    };
    expect([ready, checks.snapshot.ok, await peer.search('book')]).toMatchObject([true, false, [{ name: 'book.pdf' }]]);
    expect(checks.snapshot.detail).toContain('The snapshot file');
  });
});
