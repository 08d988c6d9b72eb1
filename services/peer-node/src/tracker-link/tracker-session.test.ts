import { describe, expect, it } from '@jest/globals';
import { type AnnouncedDocument, MAX_ANNOUNCE_DOCUMENTS, TRACKER_PATTERNS } from '@pageswarm/contracts';
import type { Logger } from '@pageswarm/observability';
import { ManualClock, peerId, SeededRandom } from '@pageswarm/primitives';
import type { SwarmClient } from '@pageswarm/transport';
import { batches, MAX_ANNOUNCE_BYTES, TrackerSession } from './tracker-session.ts';

const document = (name: string): AnnouncedDocument => ({ name }) as AnnouncedDocument;

describe('announce batches', () => {
  it('cut by count', () => {
    const sizes = [...batches(Array.from({ length: 70 }, () => document('x')))].map((batch) => batch.length);
    expect(sizes).toEqual([MAX_ANNOUNCE_DOCUMENTS, MAX_ANNOUNCE_DOCUMENTS, 6]);
  });

  it('cut by bytes, and a document that is too large goes alone', () => {
    const big = document('x'.repeat(MAX_ANNOUNCE_BYTES));
    expect([...batches([document('a'), big, document('b'), document('c')])].map((batch) => batch.length)).toEqual([1, 1, 2]);
  });

  it('of nothing are none', () => {
    expect([...batches([])]).toEqual([]);
  });
});

describe('a session at a tracker', () => {
  it('lasts when the tracker refuses a document, and says which', async () => {
    const refused = [{ id: 'ab'.repeat(32), code: 'LIMIT_EXCEEDED', detail: 'The catalog is full' }];
    const answers: Record<string, unknown> = {
      [TRACKER_PATTERNS.join]: {
        ...{ trackerId: peerId('01'.repeat(20)), leaseMs: 30_000, heartbeatMs: 12_000 },
        ...{ address: '10.0.0.1:7185', reachable: true },
      },
      [TRACKER_PATTERNS.announce]: { documents: [], refused },
    };
    const asked: string[] = [];
    const client = {
      on: () => undefined,
      close: async () => undefined,
      request: async (pattern: string) => {
        asked.push(pattern);
        return answers[pattern];
      },
    } as unknown as SwarmClient;
    const warnings: unknown[] = [];
    const logger = { info: () => undefined, warn: (...given: unknown[]) => warnings.push(given) } as unknown as Logger;
    const heard: unknown[] = [];
    const session = new TrackerSession({
      ...{ client, logger, clock: new ManualClock(), random: new SeededRandom(1) },
      endpoint: { host: '10.0.0.9', port: 7_181 },
      join: () => ({ transport: { port: 7_185 } }),
      documents: () => [document('x')],
      announced: async (reply) => void heard.push(reply),
    });
    session.start();
    await new Promise((resolve) => setImmediate(resolve));
    expect(session.state()).toMatchObject({ connected: true, detail: 'joined' });
    const about = { tracker: '10.0.0.9:7181', documentId: 'ab'.repeat(32), code: 'LIMIT_EXCEEDED' };
    expect(warnings).toEqual([[about, expect.stringContaining('The catalog is full')]]);
    expect(heard).toEqual([{ documents: [], refused }]);
    await session.stop();
    expect(asked).toEqual([TRACKER_PATTERNS.join, TRACKER_PATTERNS.announce, TRACKER_PATTERNS.leave]);
  });
});
