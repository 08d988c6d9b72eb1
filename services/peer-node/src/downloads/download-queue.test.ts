import { describe, expect, it } from '@jest/globals';
import type { DownloadJob, JobState } from './download-job.ts';
import { DownloadQueue } from './download-queue.ts';

/** A queue drawn as words: a state may follow a colon, a priority an equals sign. */
function queueOf(drawing: string): { queue: DownloadQueue; job: (id: string) => DownloadJob } {
  const queue = new DownloadQueue();
  for (const word of drawing.split(' ')) {
    const [, id, state = 'queued', priority = '0'] = /^(\w+)(?::(\w+))?(?:=(-?\d+))?$/.exec(word) as unknown as string[];
    queue.add({ state: state as JobState, order: { id, priority: Number(priority) } } as unknown as DownloadJob);
  }
  return { queue, job: (id) => queue.find(id) as DownloadJob };
}

const ids = (jobs: readonly DownloadJob[]) => jobs.map(({ order }) => order.id).join(' ');

describe('the queue of downloads', () => {
  it('lets wait in order, the highest priority first', () => {
    const { queue } = queueOf('a b:downloading=9 c=2 d:paused=9 e=-1 f=2 g');
    expect(ids(queue.waiting())).toBe('c f a g e');
  });

  it('counts places among those that are not done', () => {
    const { queue, job } = queueOf('a:done b c:failed d');
    expect(['a', 'b', 'c', 'd'].map((id) => queue.positionOf(job(id)))).toEqual([null, 1, 2, 3]);
  });

  it('moves a download to a place', () => {
    const { queue, job } = queueOf('a:done b c d e');
    queue.move(job('d'), 1);
    expect(ids(queue.list())).toBe('a d b c e');
    queue.move(job('d'), 3);
    expect(ids(queue.list())).toBe('a b c d e');
    queue.move(job('b'), 99);
    expect(ids(queue.list())).toBe('a c d e b');
    expect(queue.positionOf(job('b'))).toBe(4);
  });
});
