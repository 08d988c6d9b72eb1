import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findFreeBasePort } from '../../tools/local-swarm/ports.ts';
import { SAMPLE_STORY } from '../../tools/local-swarm/sample-story.ts';
import { TrackerClient } from '../../tools/local-swarm/tracker.client.ts';
import { waitFor } from '../../tools/local-swarm/wait-for.ts';
import { descendantsOf, isAlive, LauncherProcess } from './launcher-process.ts';

const END_LIMIT_MS = 20_000;

describe('npm start', () => {
  let dataDir: string;
  let basePort: number;
  let launcher: LauncherProcess | undefined;

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'pageswarm-e2e-'));
    basePort = await findFreeBasePort(4);
  });
  afterEach(async () => {
    launcher?.child.kill('SIGKILL');
    await launcher?.exitCode();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });
  const start = (...args: string[]) => {
    launcher = new LauncherProcess(['--data-dir', dataDir, '--base-port', String(basePort), ...args]);
    return launcher;
  };
  const allGone = (pids: readonly number[]) => waitFor('all processes to be gone', END_LIMIT_MS, async () => !pids.some(isAlive));

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
    expect(existsSync(join(dataDir, 'swarm.json'))).toBe(false);
  }, 180_000);

  it('stays up, tells scripts where everything runs, and Ctrl-C stops all of it with 0', async () => {
    const running = start('--peers', '2');
    const { processes } = await running.swarmFile(dataDir);
    expect(processes.map(({ name, role, http, transport }) => ({ name, role, http, transport }))).toEqual([
      { name: 'tracker', role: 'tracker', http: `http://127.0.0.1:${basePort}`, transport: `127.0.0.1:${basePort + 1}` },
      { name: 'pdf-worker', role: 'worker', http: `http://127.0.0.1:${basePort + 2}`, transport: `127.0.0.1:${basePort + 3}` },
      { name: 'peer-1', role: 'peer', http: `http://127.0.0.1:${basePort + 4}`, transport: `127.0.0.1:${basePort + 5}` },
      { name: 'peer-2', role: 'peer', http: `http://127.0.0.1:${basePort + 6}`, transport: `127.0.0.1:${basePort + 7}` },
    ]);
    await running.says('Ctrl-C stops everything.');
    for (const { http } of processes) expect((await fetch(`${http}/healthz`)).status).toBe(200);
    const { items } = await new TrackerClient(`http://127.0.0.1:${basePort}`).documents('field');
    expect(items).toMatchObject([{ name: 'A Field Guide to Swarms.pdf', pages: 120, hosts: [{ complete: true }, { complete: true }] }]);
    const pids = [...processes.map(({ pid }) => pid), ...descendantsOf(running.child.pid as number)];
    running.child.kill('SIGINT');
    expect(await running.exitCode()).toBe(0);
    expect(existsSync(join(dataDir, 'swarm.json'))).toBe(false);
    await allGone(pids);
  }, 120_000);

  it('ends with 0 after Ctrl-C through npm too, though a terminal gives the signal to everything that npm started', async () => {
    const args = [
      'start',
      '--ignore-scripts',
      '--',
      '--peers',
      '1',
      '--no-samples',
      '--data-dir',
      dataDir,
      '--base-port',
      String(basePort),
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
    const { processes } = await running.swarmFile(dataDir);
    running.child.stdout?.destroy();
    running.child.stderr?.destroy();
    running.child.kill('SIGHUP');
    expect(await running.exitCode()).toBe(0);
    expect(existsSync(join(dataDir, 'swarm.json'))).toBe(false);
    await allGone(processes.map(({ pid }) => pid));
  }, 120_000);

  it('leaves no orphan when it is killed itself', async () => {
    const running = start('--peers', '1', '--no-samples');
    const { processes } = await running.swarmFile(dataDir);
    const pids = [...processes.map(({ pid }) => pid), ...descendantsOf(running.child.pid as number)];
    expect(pids.filter(isAlive).length).toBeGreaterThanOrEqual(3);
    running.child.kill('SIGKILL');
    await allGone(pids);
  }, 120_000);

  it('says so, stops the rest and ends with 1 when a process dies by itself', async () => {
    const running = start('--peers', '1', '--no-samples');
    const { processes } = await running.swarmFile(dataDir);
    process.kill(processes.find(({ name }) => name === 'pdf-worker')?.pid as number, 'SIGKILL');
    expect(await running.exitCode()).toBe(1);
    expect(running.output).toContain('pdf-worker was ended by SIGKILL');
    await allGone(processes.map(({ pid }) => pid));
  }, 120_000);

  it('names a port that is taken and what wanted it, before anything starts', async () => {
    const holder = createServer();
    await new Promise<void>((listening) => holder.listen(basePort + 5, '127.0.0.1', listening));
    const refused = start('--peers', '2');
    expect(await refused.exitCode()).toBe(1);
    expect(refused.output).toContain(`Port ${basePort + 5} on 127.0.0.1, wanted for the swarm transport of peer-1, is taken`);
    expect(existsSync(join(dataDir, 'logs'))).toBe(false);
    await new Promise((closed) => holder.close(closed));
  }, 30_000);

  it('refuses a folder in which another swarm runs', async () => {
    const running = start('--peers', '1', '--no-samples');
    await running.swarmFile(dataDir);
    const second = new LauncherProcess(['--data-dir', dataDir, '--base-port', String(await findFreeBasePort(3))]);
    expect(await second.exitCode()).toBe(1);
    expect(second.output).toContain(`${dataDir} belongs to a swarm that runs`);
    expect(existsSync(join(dataDir, 'swarm.json'))).toBe(true);
  }, 120_000);

  it('explains an option that it does not know, and ends with 2', async () => {
    const refused = start('--pears', '2');
    expect(await refused.exitCode()).toBe(2);
    expect(refused.output).toContain("Unknown option '--pears'");
    expect(refused.output).toContain('Usage: npm start -- [options]');
  }, 30_000);

  it('shows the log of a service that cannot start', async () => {
    const args = ['--data-dir', dataDir, '--base-port', String(basePort), '--peers', '1', '--no-samples'];
    launcher = new LauncherProcess(args, { PAGESWARM_STRATEGIE: 'adaptive' });
    const refused = launcher;
    expect(await refused.exitCode()).toBe(1);
    expect(refused.output).toContain('PAGESWARM_STRATEGIE is not a variable that PageSwarm knows; did you mean PAGESWARM_STRATEGY?');
  }, 60_000);
});
