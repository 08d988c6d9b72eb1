import { setImmediate } from 'node:timers/promises';

/**
 * Gives each turn of the event loop to one piece of long work at the most: whatever else has come, announces above all, is answered
 * between two of them.
 */
export class LoopTurns {
  private last: Promise<unknown> = Promise.resolve();

  /** Resolves in a turn of the loop that nobody else gets, in the order of asking. */
  next(): Promise<unknown> {
    this.last = this.last.then(() => setImmediate());
    return this.last;
  }
}
