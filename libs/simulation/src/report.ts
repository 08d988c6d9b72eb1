import type { NodeResult, SimulationResult } from './simulation-result.ts';

const MIB = 2 ** 20;
/** The most nodes that a table lists one by one. */
const MAX_ROWS = 40;

/** The result as people read it: one line per node, then the sums. */
export function formatResult(result: SimulationResult): string {
  const rows = result.nodes.slice(0, MAX_ROWS).map((node) => rowOf(node, result));
  const left = result.nodes.length - rows.length;
  return [
    `${result.scenario} (seed ${result.seed})`,
    '',
    ...align([['node', 'state', 'took', 'received', 'sent', 'twice', 'sent to', 'remarks'], ...rows]),
    ...(left > 0 ? [`... and ${left} more`] : []),
    '',
    `makespan  ${result.makespanMs === null ? 'none, a download failed' : seconds(result.makespanMs)}`,
    `bound     ${seconds(result.boundMs)} (fluid)`,
    `efficiency ${result.efficiency === null ? '-' : result.efficiency.toFixed(3)}`,
    `events    ${result.events}, longest standstill ${seconds(result.longestStandstillMs)}`,
    '',
  ].join('\n');
}

function rowOf(node: NodeResult, result: SimulationResult): string[] {
  const index = result.nodes.indexOf(node);
  const sentTo = result.nodes
    .map((other, to) => ({ name: other.name, bytes: result.sent[index]?.[to] ?? 0 }))
    .filter(({ bytes }) => bytes > 0)
    .sort((a, b) => b.bytes - a.bytes);
  const remarks = [node.error && `${node.error.code}: ${node.error.detail}`, node.banned.length > 0 && `banned ${node.banned.join(', ')}`];
  return [
    node.name,
    node.state,
    node.tookMs === undefined ? '-' : seconds(node.tookMs),
    mebibytes(node.bytesReceived),
    mebibytes(node.bytesSent),
    mebibytes(node.duplicateBytes),
    sentTo
      .slice(0, 3)
      .map(({ name, bytes }) => `${name} ${mebibytes(bytes)}`)
      .join(', ') + (sentTo.length > 3 ? ', ...' : ''),
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

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(3)} s`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / MIB).toFixed(2)} MiB`;
}
