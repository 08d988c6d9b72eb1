import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import fc from 'fast-check';
import { FileDocuments } from './file-documents.ts';
import { FileSnapshotStore } from './file-snapshot-store.ts';

const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
const folder = mkdtempSync(join(tmpdir(), 'pageswarm-documents-'));
let copies = 0;
const newPath = () => join(folder, `${copies++}`);
afterAll(() => rmSync(folder, { recursive: true }));

const idOf = (n: number) => n.toString(16).padStart(64, '0');

/** What a thread reads beside the store, by ids. */
async function readBeside(path: string, store: FileSnapshotStore): Promise<[string, string][]> {
  const source = new FileDocuments(path, structuredClone(await store.documents()));
  const found: [string, string][] = [];
  for await (const entries of source.load())
    for (let n = 0; n < entries.count; n++) {
      const { bytes } = entries;
      found.push([
        bytes.toString('hex', entries.idStart(n), entries.idEnd(n)),
        bytes.toString('utf8', entries.valueStart(n), entries.valueEnd(n)),
      ]);
    }
  await source.close();
  return found.sort();
}

describe('documents of a snapshot file that are read beside its store', () => {
  const step = fc.record({ id: fc.nat(5), value: fc.option(fc.string({ maxLength: 9 })), kind: fc.constantFrom('documents', 'peers') });
  const damage = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 3 });

  it('are those that the store itself gives, whatever is out of date, removed or damaged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), damage, async (steps, damages) => {
        const path = newPath();
        const first = new FileSnapshotStore(path, logger);
        await first.dataSet();
        const { bytes: head } = first;
        for (const { id, value, kind } of steps)
          await first.save(kind as 'documents', value === null ? [] : [[idOf(id), Buffer.from(value)]], value === null ? [idOf(id)] : []);
        await first.close();
        const content = readFileSync(path);
        for (const [at, byte] of content.length > head ? damages : []) {
          const place = head + (at % (content.length - head));
          content[place] = (content[place] as number) ^ byte;
        }
        writeFileSync(path, content);
        const next = new FileSnapshotStore(path, logger);
        const given: [string, string][] = [];
        for await (const entries of next.load('documents'))
          for (const [id, value] of entries) given.push([id.toString('hex'), value.toString()]);
        expect(await readBeside(path, next)).toEqual(given.sort());
        if (damages.length === 0) {
          const twin = new Map<string, string>();
          for (const { id, value, kind } of steps)
            if (kind === 'documents') value === null ? twin.delete(idOf(id)) : twin.set(idOf(id), value);
          expect(given).toEqual([...twin].sort());
          expect(await next.count('documents')).toBeGreaterThanOrEqual(twin.size);
        }
        await next.close();
      }),
      { numRuns: 40 },
    );
  }, 30_000);

  it('are read also where one is longer than what is read at once', async () => {
    const path = newPath();
    const store = new FileSnapshotStore(path, logger);
    const long = 'x'.repeat(3_000_000);
    await store.save(
      'documents',
      [
        [idOf(1), Buffer.from('a')],
        [idOf(2), Buffer.from(long)],
        [idOf(3), Buffer.from('c')],
      ],
      [],
    );
    expect((await readBeside(path, store)).map(([, value]) => value.length)).toEqual([1, long.length, 1]);
    await store.close();
  });

  it('are not read from a file that somebody else changed', async () => {
    const path = newPath();
    const store = new FileSnapshotStore(path, logger);
    await store.save(
      'documents',
      [
        [idOf(1), Buffer.from('a')],
        [idOf(2), Buffer.from('b')],
      ],
      [],
    );
    const place = await store.documents();
    writeFileSync(path, Buffer.alloc(place.length));
    const source = new FileDocuments(path, place);
    await expect(source.load().next()).rejects.toThrow('changed by somebody else');
    await source.close();
    await store.close();
  });
});
