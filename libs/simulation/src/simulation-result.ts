import type { DownloadState } from '@pageswarm/engine';
import type { ErrorShape } from '@pageswarm/primitives';

/** How one node ended. */
export interface NodeResult {
  readonly name: string;
  readonly peerId: string;
  readonly downloads: boolean;
  readonly state: DownloadState | 'seeding';
  readonly error?: ErrorShape;
  /** When it had everything, in ms of virtual time. */
  readonly completedAtMs?: number;
  /** From its start to {@link completedAtMs}. */
  readonly tookMs?: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly duplicateBytes: number;
  /** Nodes that it banned, by name. */
  readonly banned: readonly string[];
  /** Whether it ever sent a wrong piece. */
  readonly lied: boolean;
}

export interface SimulationResult {
  readonly scenario: string;
  readonly seed: number;
  /** When the last download was complete, in ms; null if one of them failed. */
  readonly makespanMs: number | null;
  /** The fluid bound over the honest nodes that have everything and those that download, in ms; 0 if nobody honest has everything. */
  readonly boundMs: number;
  /** bound / makespan, 1 is perfect; null without a makespan. */
  readonly efficiency: number | null;
  readonly nodes: readonly NodeResult[];
  /** Bytes sent, `[from][to]`, in the order of `nodes`. */
  readonly sent: readonly (readonly number[])[];
  /** Events that downloads saw. */
  readonly events: number;
  /** Longest time that any download stood still although a live host had what it lacked, in ms. */
  readonly longestStandstillMs: number;
}
