const KIB = 1_024;
const MIB = 1_024 * KIB;

/** How long a download waits for slow probes once a host is known to be alive, in ms. */
export const PROBE_WINDOW_MS = 1_000;
/** A host that has not answered its probe after this long is dead, in ms. */
export const PROBE_TIMEOUT_MS = 5_000;
/** The fewest bytes asked of a host ahead: enough to measure a rate that is not known yet. */
export const MIN_IN_FLIGHT_BYTES = 256 * KIB;
/** The most bytes asked of one host ahead; with 250 ms ahead it feeds a link of 32 MiB/s, and loopback by sheer round-trip speed. */
export const MAX_IN_FLIGHT_BYTES = 8 * MIB;
/** The most bytes asked of all hosts of a download ahead. */
export const MAX_TOTAL_IN_FLIGHT_BYTES = 64 * MIB;
/** How far ahead of the wire a host is asked, on top of its round trip, in ms. */
export const PIPELINE_AHEAD_MS = 250;
/** The most bytes in one request (at least one piece, whatever its size). */
export const MAX_REQUEST_BYTES = MIB;
/** The most pieces in one request. */
export const MAX_REQUEST_PIECES = 64;
/** A host that sends nothing for this long is stalled, in ms; below the 5 s that a download may stand still. Grows for slow hosts. */
export const STALL_TIMEOUT_MS = 4_000;
/** Stalls or failures in a row after which a host is dropped. */
export const MAX_STRIKES = 3;
/** How long a host that failed is left alone, in ms; doubles with every failure in a row. */
export const HOST_REST_MS = 1_000;
/** The longest that a host is left alone after failures, in ms. */
export const MAX_HOST_REST_MS = 30_000;
/** How long a download without any live host searches before it fails with NO_HOSTS, in ms. */
export const HOST_SEARCH_WINDOW_MS = 15_000;
/** How long a download with live hosts may get no piece from any of them before it fails with NO_HOSTS, in ms. */
export const STARVATION_WINDOW_MS = 60_000;
/** First pause between two searches for hosts, in ms; doubles up to {@link MAX_LOOKUP_PAUSE_MS}. */
export const LOOKUP_PAUSE_MS = 200;
/** Longest pause between two searches for hosts, in ms. */
export const MAX_LOOKUP_PAUSE_MS = 15_000;
/** Longest pause between two searches while no host is alive, in ms. */
export const MAX_URGENT_LOOKUP_PAUSE_MS = 2_000;
/** A search that has not been answered after this long is repeated, in ms. */
export const LOOKUP_TIMEOUT_MS = 5_000;
/** The most hosts that one download probes and asks at a time. */
export const MAX_HOSTS = 50;
/** The most verified bytes that may wait for the store; beyond it nothing more is asked, so a slow disk slows the network. */
export const MAX_UNSTORED_BYTES = 32 * MIB;
/** How long a host works on its opening plan before others may take from it, in ms: its first bytes carry the delay of everybody's start. */
export const TRIAL_MS = 150;
/** The longest that a running download sleeps between two ticks, in ms. */
export const HEARTBEAT_MS = 250;
/** A piece is asked of a second host only if the first needs more than this many times as long. */
export const ENDGAME_FACTOR = 2;
/** A piece is asked of a second host only if that wins at least this much, in ms. */
export const ENDGAME_MIN_GAIN_MS = 100;
/** Demanded bytes that are asked at once, whatever is in flight already. */
export const DEMAND_BURST_BYTES = MIB;
/** The longest that nothing else is asked while what a reader waits for is on its way, in ms. */
export const DEMAND_HOLD_MS = 500;
/** What a host has still to begin is taken back for a reader if it would take longer than this, in ms. */
export const DEMAND_QUEUE_MS = 50;

/** Every limit of a download; the constants of the same name are the defaults. */
export interface EngineLimits {
  readonly probeWindowMs: number;
  readonly probeTimeoutMs: number;
  readonly minInFlightBytes: number;
  readonly maxInFlightBytes: number;
  readonly maxTotalInFlightBytes: number;
  readonly pipelineAheadMs: number;
  readonly maxRequestBytes: number;
  readonly maxRequestPieces: number;
  readonly stallTimeoutMs: number;
  readonly maxStrikes: number;
  readonly hostRestMs: number;
  readonly maxHostRestMs: number;
  readonly hostSearchWindowMs: number;
  readonly starvationWindowMs: number;
  readonly lookupPauseMs: number;
  readonly maxLookupPauseMs: number;
  readonly maxUrgentLookupPauseMs: number;
  readonly lookupTimeoutMs: number;
  readonly maxHosts: number;
  readonly maxUnstoredBytes: number;
  readonly trialMs: number;
  readonly heartbeatMs: number;
  readonly endgameFactor: number;
  readonly endgameMinGainMs: number;
  readonly demandBurstBytes: number;
  readonly demandHoldMs: number;
  readonly demandQueueMs: number;
}

export const DEFAULT_ENGINE_LIMITS: EngineLimits = {
  probeWindowMs: PROBE_WINDOW_MS,
  probeTimeoutMs: PROBE_TIMEOUT_MS,
  minInFlightBytes: MIN_IN_FLIGHT_BYTES,
  maxInFlightBytes: MAX_IN_FLIGHT_BYTES,
  maxTotalInFlightBytes: MAX_TOTAL_IN_FLIGHT_BYTES,
  pipelineAheadMs: PIPELINE_AHEAD_MS,
  maxRequestBytes: MAX_REQUEST_BYTES,
  maxRequestPieces: MAX_REQUEST_PIECES,
  stallTimeoutMs: STALL_TIMEOUT_MS,
  maxStrikes: MAX_STRIKES,
  hostRestMs: HOST_REST_MS,
  maxHostRestMs: MAX_HOST_REST_MS,
  hostSearchWindowMs: HOST_SEARCH_WINDOW_MS,
  starvationWindowMs: STARVATION_WINDOW_MS,
  lookupPauseMs: LOOKUP_PAUSE_MS,
  maxLookupPauseMs: MAX_LOOKUP_PAUSE_MS,
  maxUrgentLookupPauseMs: MAX_URGENT_LOOKUP_PAUSE_MS,
  lookupTimeoutMs: LOOKUP_TIMEOUT_MS,
  maxHosts: MAX_HOSTS,
  maxUnstoredBytes: MAX_UNSTORED_BYTES,
  trialMs: TRIAL_MS,
  heartbeatMs: HEARTBEAT_MS,
  endgameFactor: ENDGAME_FACTOR,
  endgameMinGainMs: ENDGAME_MIN_GAIN_MS,
  demandBurstBytes: DEMAND_BURST_BYTES,
  demandHoldMs: DEMAND_HOLD_MS,
  demandQueueMs: DEMAND_QUEUE_MS,
};
