import { describe, expect, it } from '@jest/globals';
import type { Logger } from '@pageswarm/observability';
import { documentId, PageSwarmError } from '@pageswarm/primitives';
import type { Library } from '../library/library.service.ts';
import { FAIL_OVER_MS, TrackerLink } from './tracker-link.service.ts';
import { TRACKER_TIMEOUT_MS, type TrackerSession } from './tracker-session.ts';

const id = documentId('ab'.repeat(32));

/** A tracker at a distance that answers, or fails with a code. */
function tracker(roundTripMs: number, failure?: 'DEADLINE_EXCEEDED' | 'CONNECTION_REFUSED' | 'DOCUMENT_NOT_FOUND', connected = true) {
  const timeouts: number[] = [];
  const request = async (_pattern: string, _data: unknown, { timeoutMs }: { timeoutMs: number }) => {
    timeouts.push(timeoutMs);
    if (failure) throw new PageSwarmError(failure, `after ${roundTripMs} ms`);
    return { id, hosts: [] };
  };
  const session = { healthy: connected, client: { roundTripMs, request }, doubt: () => Object.assign(session, { healthy: false }) };
  return { session: session as unknown as TrackerSession, timeouts };
}

const link = (...trackers: { session: TrackerSession }[]) =>
  new TrackerLink(
    trackers.map(({ session }) => session),
    {} as Library,
    {} as Logger,
  );

describe('a peer that knows several trackers', () => {
  it('asks the nearest healthy one', async () => {
    const [far, near, away] = [tracker(30), tracker(2), tracker(1, undefined, false)];
    await link(far, near, away).hostsOf(id);
    expect([far, near, away].map(({ timeouts }) => timeouts.length)).toEqual([0, 1, 0]);
  });

  it('asks the next when one does not answer in time, and that one last from then on', async () => {
    const [frozen, far] = [tracker(1, 'DEADLINE_EXCEEDED'), tracker(30)];
    const both = link(frozen, far);
    await both.hostsOf(id);
    await both.hostsOf(id);
    expect([frozen.timeouts, far.timeouts]).toEqual([[FAIL_OVER_MS], [TRACKER_TIMEOUT_MS, FAIL_OVER_MS]]);
    expect(FAIL_OVER_MS).toBeLessThan(1_500);
  });

  it('gives the only one all the time that there is, and says what failed', async () => {
    const only = tracker(1, 'CONNECTION_REFUSED');
    await expect(link(only).hostsOf(id)).rejects.toMatchObject({
      code: 'TRACKER_UNAVAILABLE',
      message: expect.stringContaining('after 1 ms'),
    });
    expect(only.timeouts).toEqual([TRACKER_TIMEOUT_MS]);
  });

  it('takes an answer for an answer, also one that says no', async () => {
    const [knowing, other] = [tracker(1, 'DOCUMENT_NOT_FOUND'), tracker(2)];
    await expect(link(knowing, other).hostsOf(id)).rejects.toMatchObject({ code: 'DOCUMENT_NOT_FOUND' });
    expect(other.timeouts).toEqual([]);
  });
});
