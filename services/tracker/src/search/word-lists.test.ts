import { describe, expect, it } from '@jest/globals';
import { WordLists } from './word-lists.ts';

describe('the words of documents', () => {
  it('come back as they were set, into an array that had others', () => {
    const lists = new WordLists();
    lists.set(700, [5, 1_000_000], 1);
    lists.set(2, [8, 9, 10], 2);
    const words = [1, 2, 3, 4];
    lists.read(700, words);
    expect([words, lists.of(2), lists.of(3), lists.end]).toEqual([[5, 1_000_000], [8, 9, 10], [], 701]);
    lists.delete(2);
    expect([lists.has(2), lists.of(2)]).toEqual([false, []]);
  });

  it('tell how many there are without being read, of several texts nothing, and where they moved the same', () => {
    const lists = new WordLists();
    const many = Array.from({ length: 300 }, (_, n) => n);
    lists.set(0, [7, 8], 1);
    lists.set(900, [7, 8, 9], 2);
    lists.set(901, many, 1);
    lists.set(901, many.slice(100), 1);
    const moved = new WordLists();
    for (const [n, part] of moved.movables.entries()) part.takeOver(lists.movables[n]?.handOver() as never, () => undefined);
    for (const each of [lists, moved]) {
      expect([1, 2, 3].map((words) => each.mayHave(0, words))).toEqual([false, true, false]);
      expect([1, 2, 3].map((words) => each.mayHave(900, words))).toEqual([true, true, true]);
      expect([1, 126, 200].map((words) => each.mayHave(901, words))).toEqual([false, false, true]);
    }
  });
});
