import { describe, expect, it } from '@jest/globals';
import { EventLog, MAX_EVENT_BACKLOG } from './event-log.ts';

describe('the event log', () => {
  it('tells what a reader missed', () => {
    const log = new EventLog<string>(3);
    for (const event of ['a', 'b', 'c', 'd']) log.append(event);
    expect(log.since(2)?.map(({ number, event }) => `${number}${event}`)).toEqual(['3c', '4d']);
    expect(log.since(4)).toEqual([]);
  });

  it('admits that it forgot, or never gave a number', () => {
    const log = new EventLog<number>();
    for (let i = 0; i <= MAX_EVENT_BACKLOG; i++) log.append(i);
    expect(log.since(1)).toHaveLength(MAX_EVENT_BACKLOG);
    expect([log.since(0), log.since(99_999), log.since(-1), log.since(Number.NaN)]).toEqual([undefined, undefined, undefined, undefined]);
  });
});
