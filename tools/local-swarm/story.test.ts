import { describe, expect, it } from '@jest/globals';
import { playStory, type StoryStep } from './story.ts';

const step = (title: string, play: StoryStep<string[]>['play']): StoryStep<string[]> => ({ title, play });

async function playLines(steps: readonly StoryStep<string[]>[]): Promise<{ failed: string | undefined; lines: string[]; scene: string[] }> {
  const lines: string[] = [];
  const scene: string[] = [];
  const failed = await playStory(steps, scene, (line) => lines.push(line));
  return { failed, lines, scene };
}

describe('a story', () => {
  it('plays its steps in order and prints what each tells and claims', async () => {
    const { failed, lines, scene } = await playLines([
      step('first', async (seen, { tell }) => {
        seen.push('first');
        tell('a\nb');
      }),
      step('second', async (seen, { claim }) => {
        seen.push('second');
        claim(seen.length === 2, 'both were played');
      }),
    ]);
    expect(failed).toBeUndefined();
    expect(scene).toEqual(['first', 'second']);
    expect(lines).toEqual(['[1/2] first', '    a\n    b', '[2/2] second', '    ✓ both were played', 'All of it held.']);
  });

  it('stops at the first claim that does not hold, and names the step', async () => {
    const { failed, lines, scene } = await playLines([
      step('lies', async (_, { claim }) => claim(false, 'two is three')),
      step('never', async (seen) => void seen.push('played')),
    ]);
    expect(failed).toBe('lies');
    expect(scene).toEqual([]);
    expect(lines).toEqual(['[1/2] lies', '    ✗ this does not hold: two is three', 'FAILED at step 1: lies']);
  });

  it('takes any error of a step as its failure', async () => {
    const breaks = step('breaks', async () => {
      throw new Error('the disk is gone');
    });
    expect((await playLines([breaks])).lines).toContain('    ✗ the disk is gone');
  });
});
