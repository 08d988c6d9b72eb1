/**
 * Calls back for things when their moment has come, in turns. Each thing stands in the wheel once, so that looking after
 * all of them costs as little as looking after those that are due.
 */
export class ExpiryWheel<T> {
  private readonly turns: T[][];
  private turn = 0;
  private late: T[] = [];

  /** @param span the most turns that anything waits */
  constructor(private readonly span: number) {
    this.turns = Array.from({ length: span + 1 }, () => []);
  }

  /** @param turns from now, rounded up; at least 1 */
  put(item: T, turns: number): void {
    const ahead = Math.min(this.span, Math.max(1, Math.ceil(turns)));
    (this.turns[(this.turn + ahead) % this.turns.length] as T[]).push(item);
  }

  /** One turn on. @param most of the things that are due are passed on now; the others with the next turns */
  advance(most: number, each: (item: T) => void): void {
    this.turn = (this.turn + 1) % this.turns.length;
    const due = this.turns[this.turn] as T[];
    if (due.length > 0) {
      this.late = this.late.length === 0 ? due : this.late.concat(due);
      this.turns[this.turn] = [];
    }
    const now = this.late.length <= most ? this.late : this.late.slice(0, most);
    this.late = this.late.length <= most ? [] : this.late.slice(most);
    for (const item of now) each(item);
  }
}
