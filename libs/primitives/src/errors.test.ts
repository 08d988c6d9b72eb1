import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { ERROR_CODES, isErrorCode } from './error-codes.ts';
import { errorShape, isPageSwarmError, PageSwarmError } from './errors.ts';

describe('an error of PageSwarm', () => {
  it('tells its code and detail to the other end and keeps its cause for the log', () => {
    const cause = new Error('a secret path');
    const error = new PageSwarmError('STORE_FULL', 'no space', { cause });
    expect(error.toShape()).toEqual({ code: 'STORE_FULL', detail: 'no space' });
    expect(errorShape(error)).toEqual({ code: 'STORE_FULL', detail: 'no space' });
    expect(error.cause).toBe(cause);
    expect(error.meaning.status).toBe(507);
    expect(JSON.stringify(error.toShape())).not.toContain('secret');
  });

  it('is known by its shape, also when it comes from another realm', () => {
    const foreign = runInNewContext('Object.assign(new Error("x"), { name: "PageSwarmError", code: "NO_HOSTS" })');
    expect(foreign instanceof Error).toBe(false);
    expect(isPageSwarmError(foreign)).toBe(true);
    expect(errorShape(foreign)).toEqual({ code: 'NO_HOSTS', detail: 'x' });
  });

  it('is nothing that merely looks like one', () => {
    const withUnknownCode = Object.assign(new Error('x'), { name: 'PageSwarmError', code: 'toString' });
    for (const other of [new Error('x'), withUnknownCode, { code: 'NO_HOSTS' }, null, undefined, 'NO_HOSTS', 7])
      expect(isPageSwarmError(other)).toBe(false);
  });

  it('hides the message of everything unknown', () => {
    for (const other of [new Error('password=hunter2'), 'password=hunter2', undefined])
      expect(errorShape(other)).toEqual({ code: 'INTERNAL', detail: 'Internal error' });
  });
});

describe('the registry of codes', () => {
  it('gives each code an HTTP status of failure, a title without full stop, and advice that is a sentence', () => {
    for (const [code, { status, title, advice }] of Object.entries(ERROR_CODES)) {
      expect(code).toMatch(/^[A-Z][A-Z0-9_]+$/);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(600);
      expect(title).toMatch(/^[A-Z].*[^.]$/);
      expect(advice).toMatch(/^[A-Z].*\.$/);
    }
  });

  it('knows its own codes and not what every object has', () => {
    expect(isErrorCode('NO_HOSTS')).toBe(true);
    for (const other of ['constructor', '__proto__', '', 'no_hosts', 404, undefined]) expect(isErrorCode(other)).toBe(false);
  });
});
