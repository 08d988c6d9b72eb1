import { afterEach, describe, expect, it } from '@jest/globals';
import { bdecode } from '@pageswarm/torrent';
import { CrowdTracker } from './crowd-tracker.ts';

const at = (port: number) => ({ host: '127.0.0.1', port });

describe('the tracker of a crowd', () => {
  const tracker = new CrowdTracker(at(1), [at(2), at(3)]);
  afterEach(() => tracker.close());

  it('lets leechers wait for each other, and tells each of all the others', async () => {
    const url = await tracker.listen();
    const told: number[] = [];
    const announce = async (port: number) => {
      const answer = bdecode(new Uint8Array(await (await fetch(`${url}?port=${port}`)).arrayBuffer())) as Map<string, unknown>;
      told.push(port);
      return Buffer.from(answer.get('peers') as Uint8Array).toString('hex');
    };
    expect(tracker.isSeeded).toBe(false);
    expect(await announce(1)).toBe('7f00000100027f0000010003');
    expect([tracker.isSeeded, tracker.openedAt]).toEqual([true, undefined]);
    const second = announce(2);
    // An answer to the seed comes later than one to a leecher that does not wait.
    await announce(1);
    expect([told, tracker.openedAt]).toEqual([[1, 1], undefined]);
    expect(await announce(3)).toBe('7f00000100017f0000010002');
    expect(await second).toBe('7f00000100017f0000010003');
    expect(tracker.openedAt).toBeLessThanOrEqual(performance.now());
  });
});
