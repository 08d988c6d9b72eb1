import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '../../tools/local-swarm/wait-for.ts';
import { descendantsOf, expectAllGone, isAlive, LauncherStage } from '../e2e/launcher-process.ts';

describe('npm start', () => {
  let stage: LauncherStage;
  beforeEach(async () => {
    stage = await LauncherStage.make();
  });
  afterEach(() => stage.remove());
  const start = (...args: string[]) => stage.start(...args);

  it('ends with 0 after Ctrl-C through npm too, though a terminal gives the signal to everything that npm started', async () => {
    const args = [
      'start',
      '--ignore-scripts',
      '--',
      '--peers',
      '1',
      '--no-samples',
      '--data-dir',
      stage.dataDir,
      '--base-port',
      String(stage.basePort),
    ];
    const npm = spawn('npm', args, { cwd: join(import.meta.dirname, '../..'), detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
    const ended = once(npm, 'close');
    let output = '';
    npm.stdout.on('data', (chunk) => {
      output += chunk;
    });
    try {
      await waitFor('the welcome', 60_000, async () => output.includes('Ctrl-C stops everything.'));
      process.kill(-(npm.pid as number), 'SIGINT');
      expect(await ended).toEqual([0, null]);
      expect(output).toContain('Everything is stopped.');
    } finally {
      if (npm.exitCode === null && npm.signalCode === null) process.kill(-(npm.pid as number), 'SIGKILL');
    }
  }, 120_000);

  it('stops in order too when its terminal is closed, with nobody left to read what it says', async () => {
    const running = start('--peers', '1', '--no-samples');
    const { processes } = await running.swarmFile(stage.dataDir);
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    running.child.kill('SIGHUP');
    expect(await running.exitCode()).toBe(0);
    expect(existsSync(join(stage.dataDir, 'swarm.json'))).toBe(false);
    await expectAllGone(processes.map(({ pid }) => pid));
  }, 120_000);

  it('leaves no orphan when it is killed itself', async () => {
    const running = start('--peers', '1', '--no-samples');
    const { processes } = await running.swarmFile(stage.dataDir);
    const pids = [...processes.map(({ pid }) => pid), ...descendantsOf(running.child.pid as number)];
    expect(pids.filter(isAlive).length).toBeGreaterThanOrEqual(3);
    running.child.kill('SIGKILL');
    await expectAllGone(pids);
  }, 120_000);

  it('says so, stops the rest and ends with 1 when a process dies by itself', async () => {
    const running = start('--peers', '1', '--no-samples');
    const { processes } = await running.swarmFile(stage.dataDir);
    process.kill(processes.find(({ name }) => name === 'pdf-worker')?.pid as number, 'SIGKILL');
    expect(await running.exitCode()).toBe(1);
    expect(running.output).toContain('pdf-worker was ended by SIGKILL');
    await expectAllGone(processes.map(({ pid }) => pid));
  }, 120_000);
});
