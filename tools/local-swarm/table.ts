/** Rows of text under a heading, each column as wide as its widest cell; numbers stand right, when `right` names their column. */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[], right: readonly string[] = []): string {
  const widths = heading.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    heading
      .map((title, column) => {
        const cell = cells[column] ?? '';
        return right.includes(title) ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
      })
      .join('  ')
      .trimEnd();
  return [line(heading), ...rows.map(line)].join('\n');
}

/** Bytes for people, in decimal units. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1_000).toFixed(1)} kB`;
  if (bytes < 1_000_000_000) return `${(bytes / 1_000_000).toFixed(1)} MB`;
  return `${(bytes / 1_000_000_000).toFixed(2)} GB`;
}

export function indent(text: string): string {
  return text.replace(/^/gm, '    ');
}
