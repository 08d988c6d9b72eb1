import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { askInTurns, type Turn } from './ask-in-turns.ts';

const PATIENCE_MS = 500;

describe('askInTurns', () => {
  let asked: Asked[];
  beforeEach(() => {
    jest.useFakeTimers();
    asked = [];
  });
  afterEach(() => {
    expect(jest.getTimerCount()).toBe(0);
    jest.useRealTimers();
  });

  /** Asks everybody whom a name stands for; each answers or fails when the test says so. */
  const askAll = (names: readonly string[], signal?: AbortSignal) =>
    askInTurns(
      names,
      (name, turn) => new Promise<string>((answer, fail) => asked.push({ name, turn, answer, fail: () => fail(new Error(name)) })),
      { patienceMs: PATIENCE_MS, signal },
    );
  const names = () => asked.map(({ name }) => name);
  const who = (name: string) => asked.find((one) => one.name === name) as Asked;
  const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

  it('asks nobody else while the first one answers in time', async () => {
    const answer = askAll(['a', 'b']);
    await pass(PATIENCE_MS - 1);
    who('a').answer('from a');
    expect(await answer).toBe('from a');
    expect(names()).toEqual(['a']);
  });

  it('asks the next one at once when one fails', async () => {
    const answer = askAll(['a', 'b']);
    who('a').fail();
    await pass(0);
    who('b').answer('from b');
    expect(await answer).toBe('from b');
  });

  it('asks the next one beside one that is silent, and takes whichever answer is first', async () => {
    const answer = askAll(['a', 'b', 'c']);
    await pass(PATIENCE_MS);
    expect(names()).toEqual(['a', 'b']);
    await pass(PATIENCE_MS);
    expect(names()).toEqual(['a', 'b', 'c']);
    who('a').answer('from a');
    expect(await answer).toBe('from a');
    expect(asked.map(({ turn }) => turn.signal.aborted)).toEqual([true, true, true]);
  });

  it('leaves the time to one that answers slowly, as long as something comes', async () => {
    const answer = askAll(['a', 'b']);
    for (let part = 0; part < 5; part++) {
      await pass(PATIENCE_MS - 1);
      who('a').turn.alive();
    }
    expect(names()).toEqual(['a']);
    await pass(PATIENCE_MS);
    expect(names()).toEqual(['a', 'b']);
    who('a').answer('from a');
    await answer;
  });

  it('is not held up by a sign of life of one whose time is over', async () => {
    const answer = askAll(['a', 'b', 'c']);
    await pass(PATIENCE_MS);
    await pass(PATIENCE_MS - 1);
    who('a').turn.alive();
    await pass(1);
    expect(names()).toEqual(['a', 'b', 'c']);
    who('c').answer('from c');
    expect(await answer).toBe('from c');
    who('c').turn.alive();
  });

  it('fails with everything that failed once nobody is left', async () => {
    const answer = askAll(['a', 'b']);
    const failure = answer.catch((error: AggregateError) => error.errors.map(({ message }) => message));
    await pass(PATIENCE_MS);
    who('b').fail();
    await pass(PATIENCE_MS);
    who('a').fail();
    expect(await failure).toEqual(['b', 'a']);
  });

  it('fails when there is nobody to ask', async () => {
    await expect(askAll([])).rejects.toBeInstanceOf(AggregateError);
  });

  it('ends with the reason of its signal, and asks nobody after that', async () => {
    const giveUp = new AbortController();
    const answer = askAll(['a', 'b'], giveUp.signal);
    const failure = answer.catch((error) => error);
    giveUp.abort(new Error('paused'));
    who('a').fail();
    expect(await failure).toEqual(new Error('paused'));
    await pass(10 * PATIENCE_MS);
    expect(names()).toEqual(['a']);
    await expect(askAll(['c'], giveUp.signal)).rejects.toThrow('paused');
    expect(names()).toEqual(['a']);
  });
});

interface Asked {
  readonly name: string;
  readonly turn: Turn;
  answer(text: string): void;
  fail(): void;
}
