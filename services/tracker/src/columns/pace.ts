import { setImmediate } from 'node:timers/promises';

/** How long work of very many small steps goes on before others get their turn, in milliseconds. */
export const TURN_MS = 5;

/** Gives others their turn when work has gone on for some milliseconds: as often as they need it, and no more often. */
export class Pace {
  private began: number;

  /**
   * @param turnMs how long one turn of the work is
   * @param next resolves when others have had theirs
   */
  constructor(
    private readonly turnMs = TURN_MS,
    private readonly next: () => Promise<unknown> = () => setImmediate(),
    private readonly now: () => number = () => performance.now(),
  ) {
    this.began = now();
  }

  /** Whether this turn has had its time. */
  get isOver(): boolean {
    return this.now() - this.began >= this.turnMs;
  }

  /** @returns undefined while there is time left */
  readonly turn = (): Promise<void> | undefined => {
    return this.isOver ? this.pause() : undefined;
  };

  /** Others get their turn now. */
  async pause(): Promise<void> {
    await this.next();
    this.began = this.now();
  }
}

/** What long work calls after some of its steps, and waits for if it is told to. */
export type Turn = () => Promise<unknown> | undefined;
