import { describe, expect, it } from '@jest/globals';
import { RecentBlocks } from './recent-blocks.ts';

describe('what a child keeps of the document that it read last', () => {
  const [block, recent] = [new Uint8Array(16), new RecentBlocks()];
  const keepOne = (name: string | undefined) => {
    const blocks = recent.of(name, 16);
    blocks.clear();
    blocks.set(0, block);
  };

  it('is there for the next job on the same document', () => {
    keepOne('a');
    expect(recent.of('a', 16).get(0)).toBe(block);
  });

  it.each([
    ['another document', 'b', 16],
    ['blocks of another size', 'a', 32],
    ['a source without a name', undefined, 16],
  ])('is gone for %s, and does not come back', (_case, name, blockBytes) => {
    keepOne('a');
    expect(recent.of(name, blockBytes).size).toBe(0);
    expect(recent.of('a', 16).size).toBe(0);
  });

  it('is nothing for sources without a name, one after another', () => {
    keepOne(undefined);
    expect(recent.of(undefined, 16).size).toBe(0);
  });
});
