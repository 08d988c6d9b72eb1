import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { cpuSeconds, type Rival } from './rival.ts';

/**
 * Copies the file over a plain loopback socket between two processes, without framing or a protocol: what this machine can do
 * at best with node:net, hashing and writing on one thread.
 */
export const rawCopyRival: Rival = {
  name: 'raw node:net copy',
  settings: 'SHA-256 per 16 KiB, compared with nothing; file write on the same thread',
  async version() {
    return process.version;
  },
  async transfer({ path }, target) {
    const sender = fork(new URL('./raw-sender.child.js', import.meta.url), [path]);
    const children: ChildProcess[] = [sender];
    try {
      const [port] = (await once(sender, 'message')) as [number];
      const receiver = fork(new URL('./raw-receiver.child.js', import.meta.url), [String(port), join(target, 'copy.pdf')]);
      children.push(receiver);
      const pids = children.map(({ pid }) => pid);
      await once(receiver, 'message');
      const before = await cpuSeconds(pids);
      receiver.send('begin');
      const [seconds] = (await once(receiver, 'message')) as [number];
      const after = await cpuSeconds(pids);
      return { seconds, cpuSeconds: before === undefined || after === undefined ? undefined : after - before };
    } finally {
      for (const child of children) child.kill();
    }
  },
};
