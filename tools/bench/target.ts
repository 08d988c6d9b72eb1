/** What a number should be, and whether it is: `target <= 2 %: met`. */
export function atMost(found: number, most: number, unit: string): string {
  return `target <= ${most} ${unit}: ${found <= most ? 'met' : 'MISSED'}`;
}

/** As {@link atMost}, for what should be large. */
export function atLeast(found: number, least: number, unit: string): string {
  return `target >= ${least} ${unit}: ${found >= least ? 'met' : 'MISSED'}`;
}
