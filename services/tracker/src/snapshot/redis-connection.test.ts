import { describe, expect, it } from '@jest/globals';
import { isPassing } from './redis-connection.ts';

const reply = (message: string) => Object.assign(new Error(message), { name: 'ReplyError' });

describe('a failure of Redis', () => {
  it('may pass when the connection is lost, late or not there yet', () => {
    for (const message of ['Connection is closed.', 'Command timed out', 'connect ECONNREFUSED 127.0.0.1:6379'])
      expect(isPassing(new Error(message))).toBe(true);
  });

  it('may pass when Redis is busy with itself, and not when it refuses', () => {
    expect(isPassing(reply('LOADING Redis is loading the dataset in memory'))).toBe(true);
    expect(isPassing(reply('WRONGTYPE Operation against a key holding the wrong kind of value'))).toBe(false);
  });

  it('does not pass when the mistake is ours', () => {
    expect([new TypeError('x is undefined'), new RangeError('offset'), new ReferenceError('y')].map(isPassing)).toEqual([
      false,
      false,
      false,
    ]);
  });
});
