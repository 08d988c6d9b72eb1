/** Chance as an argument: a seed makes every choice repeatable. */
export interface Random {
  /** A number from 0 (included) to 1 (excluded). */
  next(): number;
}

/** Mulberry32, a 32-bit generator by Tommy Ettinger: small, fast, the same on every machine; not for secrets. */
export class SeededRandom implements Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = this.state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }
}

/** A whole number from `from` (included) to `to` (excluded). */
export function randomInteger(random: Random, from: number, to: number): number {
  return from + Math.floor(random.next() * (to - from));
}

/** A new array in a fair random order (Fisher-Yates). */
export function shuffled<T>(random: Random, items: Iterable<T>): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = randomInteger(random, 0, i + 1);
    [result[i], result[j]] = [result[j] as T, result[i] as T];
  }
  return result;
}
