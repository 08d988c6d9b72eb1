import type { Download } from '@pageswarm/contracts';
import { formatBytes, formatTable } from './table.ts';

/** Which host sent which pages: latency, share, plan, bytes, rate and state of each. */
export function hostTable(download: Download): string {
  const rows = download.hosts.map((host) => [
    host.address,
    host.latencyMs === null ? '-' : `${host.latencyMs.toFixed(2)} ms`,
    `${(host.share * 100).toFixed(2)} %`,
    shorten(host.plannedPages),
    shorten(host.sentPages),
    formatBytes(host.bytes),
    `${formatBytes(host.rate)}/s`,
    host.detail ? `${host.state}: ${host.detail}` : host.state,
  ]);
  const heading = ['host', 'latency', 'share', 'planned pages', 'sent pages', 'bytes', 'rate', 'state'];
  return formatTable(heading, rows, ['latency', 'share', 'bytes', 'rate']);
}

/** One line on how far a download is. */
export function progressLine({ state, pieces, pages, bytes, hosts }: Download): string {
  const perHost = hosts.map(({ address, bytes: sent }) => `${address} ${formatBytes(sent)}`).join(', ');
  return `${state}: ${pieces.have}/${pieces.total} pieces, ${pages.ready}/${pages.total} pages, ${formatBytes(bytes)}${perHost && ` (${perHost})`}`;
}

/** Page lists of a stolen-from plan get long; the table shows their beginning. */
function shorten(pages: string): string {
  return pages.length > 32 ? `${pages.slice(0, 31)}…` : pages || '-';
}
