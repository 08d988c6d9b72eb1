import { setImmediate } from 'node:timers/promises';

/** How long work of very many small steps goes on before others get their turn, in milliseconds. */
export const TURN_MS = 5;

/** Gives others their turn when work has gone on for {@link TURN_MS}: as often as they need it, and no more often. */
export class Pace {
  private began = performance.now();

  /** Whether this turn has had its time. */
  get isOver(): boolean {
    return performance.now() - this.began >= TURN_MS;
  }

  /** @returns undefined while there is time left */
  readonly turn = (): Promise<void> | undefined => {
    return this.isOver ? this.pause() : undefined;
  };

  /** Others get their turn now. */
  async pause(): Promise<void> {
    await setImmediate();
    this.began = performance.now();
  }
}

/** What long work calls after some of its steps, and waits for if it is told to. */
export type Turn = () => Promise<unknown> | undefined;
