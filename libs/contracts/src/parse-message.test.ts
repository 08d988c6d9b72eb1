import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { describeIssues, parseMessage } from './parse-message.ts';
import { PiecesRequestSchema } from './peer.contract.ts';
import { SearchRequestSchema } from './tracker.contract.ts';

const ROOT = 'b22242ba7d3092497f39df3792a6d4af035411044f9aaa3c707f5dd5e1ca4d10';

describe('a message from outside', () => {
  it('is given back in its own types, with its defaults', () => {
    expect(parseMessage(PiecesRequestSchema, { id: ROOT.toUpperCase(), pieces: [[0, 2]] })).toEqual({
      id: ROOT,
      pieces: [[0, 2]],
      demand: false,
    });
    expect(parseMessage(SearchRequestSchema, undefined)).toEqual({ query: '', limit: 50 });
    expect(parseMessage(SearchRequestSchema, null)).toEqual({ query: '', limit: 50 });
    expect(parseMessage(SearchRequestSchema, { limit: '7' })).toEqual({ query: '', limit: 7 });
  });

  it('loses what nobody asked for', () => {
    expect(parseMessage(SearchRequestSchema, { query: 'x', admin: true })).toEqual({ query: 'x', limit: 50 });
  });

  it('is refused with a sentence that names the field', () => {
    const refused = (value: unknown) => expect(() => parseMessage(PiecesRequestSchema, value));
    refused({ id: 'abc', pieces: [[0, 1]] }).toThrow(
      expect.objectContaining({ code: 'INVALID_REQUEST', detail: 'id: A document id must be 64 hex digits, got "abc"' }),
    );
    refused({ id: ROOT, pieces: [[0, 0]] }).toThrow(/^pieces\.0\.1: /);
    refused({ id: ROOT, pieces: [] }).toThrow(/^pieces: /);
    refused('pieces').toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });

  it('has at most five complaints named, and never an empty sentence', () => {
    const nine = z.object(Object.fromEntries([...'abcdefghi'].map((name) => [name, z.string()])));
    expect(() => parseMessage(nine, {})).toThrow(/^a: [^;]+(; [b-e]: [^;]+){4}$/);
    expect(describeIssues([])).toBe('The request is not valid');
    expect(describeIssues([{ message: 'must be sent' }])).toBe('must be sent');
    expect(describeIssues([{ message: 'is odd', path: [{ key: 'pages' }, 3] }])).toBe('pages.3: is odd');
  });
});
