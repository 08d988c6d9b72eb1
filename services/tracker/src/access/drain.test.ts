import { describe, expect, it } from '@jest/globals';
import { createLogger } from '@pageswarm/observability';
import type { Admission } from './admission.ts';
import { Drain } from './drain.ts';

const logger = createLogger({ service: 'test', node: 'test', level: 'silent', format: 'json' });
const LONG_MS = 60_000;

function drained() {
  const told: string[] = [];
  const admission = { isDraining: false } as Admission;
  const drain = new Drain(
    admission,
    () => told.push('not ready'),
    () => told.push('end'),
    logger,
  );
  return { told, admission, drain };
}

describe('the drain at the end of a tracker', () => {
  it('takes nothing in from its beginning, and lasts as long as it is told to', async () => {
    const { told, admission, drain } = drained();
    const started = performance.now();
    const finished = drain.finish(60);
    expect([admission.isDraining, told]).toEqual([true, ['not ready']]);
    await finished;
    expect(performance.now() - started).toBeGreaterThanOrEqual(55);
    expect(told).toEqual(['not ready']);
  });

  it('ends at once when nothing is to be waited for', async () => {
    const { drain } = drained();
    drain.begin(LONG_MS);
    await drain.finish(0);
  });

  it('ends with one that an admin ordered before, and ends the process once', async () => {
    const { told, drain } = drained();
    drain.begin(20);
    await drain.finish(LONG_MS);
    expect(told).toEqual(['not ready', 'not ready']);
  });
});
