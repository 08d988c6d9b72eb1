import { describe, expect, it } from '@jest/globals';
import { Notes } from './notes.ts';

const ban = (subject: string, text = '') => ({ kind: 'banned address', subject, text, since: 5 }) as const;

describe('notes', () => {
  it('are found by kind and subject, and told of', () => {
    const notes = new Notes();
    const told: string[] = [];
    notes.onChange((id) => told.push(id));
    notes.put(ban('10.0.0.1', 'noise'));
    notes.put(ban('10.0.0.1', 'more noise'));
    expect([notes.size, notes.get('banned address', '10.0.0.1')?.text, notes.get('banned peer', '10.0.0.1')]).toEqual([
      1,
      'more noise',
      undefined,
    ]);
    expect([notes.remove('banned address', '10.0.0.1'), notes.remove('banned address', '10.0.0.1'), notes.size]).toEqual([true, false, 0]);
    expect([told.length, new Set(told).size, /^[0-9a-f]{40}$/.test(told[0] ?? '')]).toEqual([3, 1, true]);
  });

  it('come back from a snapshot, unless there is a newer one', () => {
    const notes = new Notes();
    notes.put(ban('10.0.0.1', 'old'));
    const [id = ''] = notes.ids();
    const bytes = notes.encode(id) as Buffer;
    const other = new Notes();
    other.restore(id, bytes);
    expect([...other.all('banned address')]).toEqual([ban('10.0.0.1', 'old')]);
    notes.put(ban('10.0.0.1', 'new'));
    notes.restore(id, bytes);
    expect(notes.get('banned address', '10.0.0.1')?.text).toBe('new');
    expect(notes.encode('00')).toBeUndefined();
    other.drop('00');
    other.drop(id);
    expect(other.size).toBe(0);
  });

  it.each(['', '{', '{}', '[1]', JSON.stringify({ kind: 'other', subject: 'x', text: '', since: 1 })])(
    'are refused when they are %j',
    (text) => {
      expect(() => new Notes().restore('00', Buffer.from(text))).toThrow('is no note');
    },
  );

  it('are no more than the limit', () => {
    const notes = new Notes(2);
    for (const subject of ['1', '2', '2']) notes.put(ban(subject));
    expect(() => notes.put(ban('3'))).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
    notes.put({ ...ban('3'), kind: 'banned peer' });
    notes.remove('banned address', '1');
    notes.put(ban('3'));
    expect(notes.size).toBe(3);
  });
});
