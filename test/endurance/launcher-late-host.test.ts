import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LauncherStage } from '../e2e/launcher-process.ts';

describe('npm start -- --once on a machine that holds up a process', () => {
  let stage: LauncherStage;
  beforeEach(async () => {
    stage = await LauncherStage.make();
  });
  afterEach(() => stage.remove());

  it('downloads without a host that is late, and shows its plan again once the host is there', async () => {
    const story = stage.start('--once');
    await story.says('[3/9]');
    const late = Number(/peer-1 is up \(process (\d+)\)/.exec(story.output)?.[1]);
    process.kill(late, 'SIGSTOP');
    try {
      await story.says('this time not: 2 hosts sent pieces of it.');
    } finally {
      process.kill(late, 'SIGCONT');
    }
    expect(await story.exitCode()).toBe(0);
    const [held, shown] = story.output.slice(story.output.indexOf('[6/9]'), story.output.indexOf('[7/9]')).split('this time not:');
    expect(held).toContain('the download is done');
    expect(held).toMatch(/100\.00 % +1-120 +1-120/);
    expect(shown).toContain('2 hosts sent pieces of it');
  }, 180_000);
});
