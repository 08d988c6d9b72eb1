import type { NodeResult, SimulationResult } from './simulation-result.ts';

const MIB = 2 ** 20;
/** The most nodes that a table lists one by one. */
export const MAX_ROWS = 40;

/** The result as people read it: one line per node, then the sums. */
export function formatResult(result: SimulationResult): string {
  return [
    `${result.scenario} (seed ${result.seed})`,
    '',
    ...align([HEADINGS, ...nodeRows(result)]),
    ...(result.nodes.length > MAX_ROWS ? [`... and ${result.nodes.length - MAX_ROWS} more`] : []),
    '',
    ...align(sums(result).map(([name, value]) => [name, value])),
    '',
  ].join('\n');
}

export const HEADINGS: readonly string[] = ['node', 'state', 'took', 'received', 'sent', 'twice', 'sent to', 'remarks'];

/** One row of cells for each node, at most {@link MAX_ROWS} of them. */
export function nodeRows(result: SimulationResult): string[][] {
  const rows = result.nodes.slice(0, MAX_ROWS);
  const sentTo = rows.map((): { name: string; bytes: number }[] => []);
  for (const { from, to, bytes } of result.sent) sentTo[from]?.push({ name: (result.nodes[to] as NodeResult).name, bytes });
  return rows.map((node, index) => rowOf(node, sentTo[index] ?? []));
}

/** What the run comes to: names and values. */
export function sums(result: SimulationResult): [name: string, value: string][] {
  const { makespanMs, boundMs, efficiency, times, published, events, longestStandstillMs } = result;
  const shares = (p50?: number, p99?: number, p999?: number) =>
    [
      ['p50', p50],
      ['p99', p99],
      ['p99.9', p999],
    ]
      .flatMap(([name, share]) => (typeof share === 'number' ? [`${name} ${share.toFixed(3)} x`] : []))
      .join(', ');
  return [
    ['makespan', makespanMs === null ? 'none, a download failed' : seconds(makespanMs)],
    ['bound', `${seconds(boundMs)} (fluid)`],
    ['efficiency', efficiency === null ? '-' : efficiency.toFixed(3)],
    ...(times
      ? ([
          [
            'download times',
            `${shares(times.p50 / times.fullRateMs, times.p99 / times.fullRateMs, times.p999 / times.fullRateMs)} of ${seconds(times.fullRateMs)} at full rate`,
          ],
        ] satisfies [string, string][])
      : []),
    ...(published
      ? ([[`published (${published.by})`, shares(published.p50, published.p99, published.p999)]] satisfies [string, string][])
      : []),
    ['events', `${events}, longest standstill ${seconds(longestStandstillMs)}`],
  ];
}

function rowOf(node: NodeResult, sentTo: { name: string; bytes: number }[]): string[] {
  sentTo.sort((a, b) => b.bytes - a.bytes);
  const remarks = [node.error && `${node.error.code}: ${node.error.detail}`, node.banned.length > 0 && `banned ${node.banned.join(', ')}`];
  const most = sentTo.slice(0, 3).map(({ name, bytes }) => `${name} ${mebibytes(bytes)}`);
  return [
    node.name,
    node.state,
    node.tookMs === undefined ? '-' : seconds(node.tookMs),
    mebibytes(node.bytesReceived),
    mebibytes(node.bytesSent),
    mebibytes(node.duplicateBytes),
    most.join(', ') + (sentTo.length > 3 ? ', ...' : ''),
    remarks.filter(Boolean).join('; '),
  ];
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

export function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(2)} MiB`;
}
