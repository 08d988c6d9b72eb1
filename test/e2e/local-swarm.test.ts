import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findFreeBasePort } from '../../tools/local-swarm/ports.ts';
import { SAMPLE_STORY } from '../../tools/local-swarm/sample-story.ts';
import { TrackerClient } from '../../tools/local-swarm/tracker.client.ts';
import { descendantsOf, expectAllGone, LauncherProcess, LauncherStage } from './launcher-process.ts';

describe('npm start', () => {
  let stage: LauncherStage;
  beforeEach(async () => {
    stage = await LauncherStage.make();
  });
  afterEach(() => stage.remove());
  const start = (...args: string[]) => stage.start(...args);

  it('--once tells the whole story, from adding to seeding, and ends with 0 because all of it held', async () => {
    const story = start('--once');
    const code = await story.exitCode();
    // The output goes into the failure, for it says which step did not hold.
    expect(code === 0 ? '' : story.output).toBe('');
    for (const [index, { title }] of SAMPLE_STORY.entries())
      expect(story.output).toContain(`[${index + 1}/${SAMPLE_STORY.length}] ${title}`);
    for (const fact of [
      '"A Field Guide to Swarms.pdf" is listed',
      '"fisica" finds "Física para Principiantes.pdf" and nothing else',
      'it finds "A Field Guide to Swarms.pdf"',
      '2 hosts sent pieces of it',
      '3 hosts sent pieces of it',
      'is the one that the tracker states',
      'bytes came over the wire for each byte of the file',
      'sent its pages 1-90',
      'sent its pages 1-70',
      'the document has three complete hosts',
      'All of it held.',
    ])
      expect(story.output).toContain(fact);
    expect(story.output).toMatch(/host +latency +share +planned pages +sent pages +bytes +rate +state/);
    // A machine that is busy elsewhere may see the beginning and the end alone.
    expect(story.output).toMatch(/(?:probing|downloading|verifying|done): \d+\/359 pieces, \d+\/120 pages/);
    expect(existsSync(join(stage.dataDir, 'swarm.json'))).toBe(false);
  }, 180_000);

  it('stays up, tells scripts where everything runs, and Ctrl-C stops all of it with 0', async () => {
    const running = start('--peers', '2');
    const { processes } = await running.swarmFile(stage.dataDir);
    expect(processes.map(({ name, role, http, transport }) => ({ name, role, http, transport }))).toEqual([
      { name: 'tracker', role: 'tracker', http: `http://127.0.0.1:${stage.basePort}`, transport: `127.0.0.1:${stage.basePort + 1}` },
      { name: 'pdf-worker', role: 'worker', http: `http://127.0.0.1:${stage.basePort + 2}`, transport: `127.0.0.1:${stage.basePort + 3}` },
      { name: 'peer-1', role: 'peer', http: `http://127.0.0.1:${stage.basePort + 4}`, transport: `127.0.0.1:${stage.basePort + 5}` },
      { name: 'peer-2', role: 'peer', http: `http://127.0.0.1:${stage.basePort + 6}`, transport: `127.0.0.1:${stage.basePort + 7}` },
    ]);
    await running.says('Ctrl-C stops everything.');
    for (const { http } of processes) expect((await fetch(`${http}/healthz`)).status).toBe(200);
    const { items } = await new TrackerClient(`http://127.0.0.1:${stage.basePort}`).documents('field');
    expect(items).toMatchObject([{ name: 'A Field Guide to Swarms.pdf', pages: 120, hosts: [{ complete: true }, { complete: true }] }]);
    const pids = [...processes.map(({ pid }) => pid), ...descendantsOf(running.child.pid as number)];
    running.child.kill('SIGINT');
    expect(await running.exitCode()).toBe(0);
    expect(existsSync(join(stage.dataDir, 'swarm.json'))).toBe(false);
    await expectAllGone(pids);
  }, 120_000);

  it('names a port that is taken and what wanted it, before anything starts', async () => {
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(stage.basePort + 5, '127.0.0.1', listening));
    const refused = start('--peers', '2');
    expect(await refused.exitCode()).toBe(1);
    expect(refused.output).toContain(`Port ${stage.basePort + 5} on 127.0.0.1, wanted for the swarm transport of peer-1, is taken`);
    expect(existsSync(join(stage.dataDir, 'logs'))).toBe(false);
    await new Promise((closed) => holder.close(closed));
  }, 30_000);

  it('refuses a folder in which another swarm runs', async () => {
    const running = start('--peers', '1', '--no-samples');
    await running.swarmFile(stage.dataDir);
    const second = new LauncherProcess(['--data-dir', stage.dataDir, '--base-port', String(await findFreeBasePort(3))]);
    expect(await second.exitCode()).toBe(1);
    expect(second.output).toContain(`${stage.dataDir} belongs to a swarm that runs`);
    expect(existsSync(join(stage.dataDir, 'swarm.json'))).toBe(true);
  }, 120_000);

  it('explains an option that it does not know, and ends with 2', async () => {
    const refused = start('--pears', '2');
    expect(await refused.exitCode()).toBe(2);
    expect(refused.output).toContain("Unknown option '--pears'");
    expect(refused.output).toContain('Usage: npm start -- [options]');
  }, 30_000);

  it('shows the log of a service that cannot start', async () => {
    const refused = stage.startWith({ PAGESWARM_STRATEGIE: 'adaptive' }, '--peers', '1', '--no-samples');
    expect(await refused.exitCode()).toBe(1);
    expect(refused.output).toContain('PAGESWARM_STRATEGIE is not a variable that PageSwarm knows; did you mean PAGESWARM_STRATEGY?');
  }, 60_000);
});
