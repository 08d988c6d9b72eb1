import { describe, expect, it } from '@jest/globals';
import { RequestLedger } from './request-ledger.ts';

const ledger = () => new RequestLedger({ count: 10, bytesOf: () => 100 });

describe('the request ledger', () => {
  it('counts what is in flight per host and in all', () => {
    const book = ledger();
    book.issue(0, [1, 2, 3]);
    book.issue(1, [4]);
    expect([book.bytesOf(0), book.bytesOf(1), book.bytesOf(2), book.totalBytes]).toEqual([300, 100, 0, 400]);
    book.settle(2);
    expect([book.bytesOf(0), book.totalBytes]).toEqual([200, 300]);
  });

  it('forgets a request with its last piece', () => {
    const book = ledger();
    const request = book.issue(0, [1, 2]);
    book.settle(1);
    expect(book.get(request.id)).toBe(request);
    book.settle(2);
    expect(book.get(request.id)).toBeUndefined();
    expect([...book.of(0)]).toEqual([]);
  });

  it('knows who else was asked for a piece, and tells all of them when it came', () => {
    const book = ledger();
    const first = book.issue(0, [1, 2]);
    const second = book.issue(1, [2]);
    expect(book.timesAsked(2)).toBe(2);
    expect(book.settle(2)).toEqual([first, second]);
    expect(book.timesAsked(2)).toBe(0);
    expect(second.pending).toBe(0);
    expect(first.pending).toBe(1);
  });

  it('gives back only what nobody else is asked for when a request is withdrawn', () => {
    const book = ledger();
    const first = book.issue(0, [1, 2, 3]);
    const second = book.issue(1, [2]);
    book.settle(3);
    expect(book.withdraw(first)).toEqual([1]);
    expect(book.withdraw(first)).toEqual([]);
    expect(book.isPending(second, 2)).toBe(true);
    expect(book.withdraw(second)).toEqual([2]);
    expect(book.totalBytes).toBe(0);
  });

  it('never gives a number twice', () => {
    const book = ledger();
    const ids = [book.issue(0, [1]), book.issue(0, [2])].map(({ id }) => id);
    book.settle(1);
    ids.push(book.issue(0, [1]).id);
    expect(new Set(ids).size).toBe(3);
  });
});
