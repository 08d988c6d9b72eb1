import type { DownloadState } from '@pageswarm/engine';
import type { ErrorShape } from '@pageswarm/primitives';
import type { ProgressPoint } from './progress-record.ts';
import type { Scenario } from './scenario.ts';

/** How one node ended. */
export interface NodeResult {
  readonly name: string;
  /** The name of its kind in the scenario. */
  readonly kind: string;
  readonly peerId: string;
  readonly downloads: boolean;
  readonly state: DownloadState | 'seeding' | 'gone';
  readonly error?: ErrorShape;
  readonly joinedAtMs: number;
  /** When it had everything, in ms of virtual time. */
  readonly completedAtMs?: number;
  /** From its start to {@link completedAtMs}. */
  readonly tookMs?: number;
  /** What it has in the end, of what there is. */
  readonly pieces: { readonly have: number; readonly total: number };
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly duplicateBytes: number;
  /** Nodes that it banned, by name. */
  readonly banned: readonly string[];
  /** Whether it ever sent a wrong piece. */
  readonly lied: boolean;
  /** Pages that it could show, over time; of some downloads only when there are many. */
  readonly pages?: readonly ProgressPoint[];
}

/** Bytes that one node sent to another, by their places in {@link SimulationResult.nodes}. */
export interface Sent {
  readonly from: number;
  readonly to: number;
  readonly bytes: number;
}

/** Times of the downloads that were complete, in ms: the times after which half of them, 99 % and 99.9 % were done. */
export interface CompletionTimes {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /** What one download takes whose link down is full all the time. */
  readonly fullRateMs: number;
}

export interface SimulationResult {
  readonly scenario: string;
  readonly seed: number;
  readonly size: number;
  readonly pageCount: number;
  /** When the last download was complete, in ms since the first began; null if one of them failed. */
  readonly makespanMs: number | null;
  /** The fluid bound over the honest nodes that have everything and those that download, in ms; 0 if nobody honest has everything. */
  readonly boundMs: number;
  /** bound / makespan, 1 is perfect; null without a makespan. */
  readonly efficiency: number | null;
  /** Null if no download was complete. */
  readonly times: CompletionTimes | null;
  readonly published?: Scenario['published'];
  readonly nodes: readonly NodeResult[];
  readonly sent: readonly Sent[];
  /** Events that downloads saw. */
  readonly events: number;
  /** Longest time between two pieces of a download, in ms. */
  readonly longestStandstillMs: number;
}
