/** Colours that are told apart also by those who do not see all of them, in light and in dark (Paul Tol's bright scheme). */
export const COLOURS = ['#4477aa', '#ee6677', '#228833', '#ccbb44', '#66ccee', '#aa3377', '#ee7733', '#9a9a9a'] as const;

/** The colour of a series; they repeat after the last. */
export function colourOf(place: number): string {
  return `var(--c${place % COLOURS.length})`;
}
