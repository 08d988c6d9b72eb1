import type { PeerId } from '@pageswarm/primitives';

/** A host and what its probe measured: the smallest of its round trips in ms, null if it does not live. */
export interface ProbedHost {
  readonly peerId: PeerId;
  readonly latencyMs: number | null;
}

/** The hosts that live, nearest first; equal latencies are ordered by peer id, so that every node ranks alike. */
export function rankHosts<Host extends ProbedHost>(probes: readonly Host[]): Host[] {
  return probes
    .filter((probe) => probe.latencyMs !== null)
    .sort((a, b) => (a.latencyMs as number) - (b.latencyMs as number) || (a.peerId < b.peerId ? -1 : a.peerId > b.peerId ? 1 : 0));
}
