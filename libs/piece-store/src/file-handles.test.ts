import { describe, expect, it } from '@jest/globals';
import { FileHandles, type FileSlot, MAX_OPEN_FILES } from './file-handles.ts';
import type { OpenFile } from './file-operations.ts';

/** Counts what is open, and how much ever was at once. */
class CountedFiles {
  open = 0;
  mostOpen = 0;
  opened: string[] = [];

  slot(name: string): FileSlot {
    return {
      open: async () => {
        this.opened.push(name);
        this.open++;
        this.mostOpen = Math.max(this.mostOpen, this.open);
        await new Promise((resolve) => setImmediate(resolve));
        return {
          close: async () => {
            await new Promise((resolve) => setImmediate(resolve));
            this.open--;
          },
        } as OpenFile;
      },
    };
  }
}

describe('FileHandles', () => {
  it('opens a file once for all who use it', async () => {
    const files = new CountedFiles();
    const handles = new FileHandles(2);
    const slot = files.slot('a');
    await Promise.all([1, 2, 3].map(() => handles.use(slot, async () => undefined)));
    await handles.use(slot, async () => undefined);
    expect([files.opened, handles.openCount]).toEqual([['a'], 1]);
    await handles.release(slot);
    expect([files.open, handles.openCount]).toEqual([0, 0]);
  });

  it('opens everything anew after it let go, but for what is in use', async () => {
    const files = new CountedFiles();
    const handles = new FileHandles(2);
    const [a, b] = [files.slot('a'), files.slot('b')] as [FileSlot, FileSlot];
    await handles.use(a, async () => undefined);
    await handles.use(b, () => handles.releaseIdle());
    for (const slot of [a, b]) await handles.use(slot, async () => undefined);
    expect(files.opened).toEqual(['a', 'b', 'a']);
  });

  it('closes the file that was not used for longest', async () => {
    const files = new CountedFiles();
    const handles = new FileHandles(2);
    const [a, b, c] = [files.slot('a'), files.slot('b'), files.slot('c')] as [FileSlot, FileSlot, FileSlot];
    for (const slot of [a, b, a, c, a, b]) await handles.use(slot, async () => undefined);
    expect(files.opened).toEqual(['a', 'b', 'c', 'b']);
  });

  it('never has more files open than its cap, however many are wanted at once', async () => {
    const files = new CountedFiles();
    const handles = new FileHandles(3);
    const slots = Array.from({ length: 20 }, (_, index) => files.slot(String(index)));
    let uses = 0;
    const use = (slot: FileSlot) =>
      handles.use(slot, async () => {
        await new Promise((resolve) => setImmediate(resolve));
        uses++;
      });
    await Promise.all([...slots, ...slots, ...slots.toReversed()].map(use));
    expect(uses).toBe(60);
    expect(files.mostOpen).toBe(3);
    await Promise.all(
      [1, 2, 3, 4, 5].map(() =>
        handles.once(
          () => files.slot('once').open(),
          async () => undefined,
        ),
      ),
    );
    expect(files.mostOpen).toBe(3);
    expect(MAX_OPEN_FILES).toBe(64);
  });

  it('gives the place of a file that cannot be opened to others', async () => {
    const files = new CountedFiles();
    const handles = new FileHandles(1);
    const broken: FileSlot = { open: () => Promise.reject(new Error('no such file')) };
    const outcomes = await Promise.allSettled([handles.use(broken, async () => 1), handles.use(files.slot('a'), async () => 2)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});
