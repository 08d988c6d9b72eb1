import type { EngineLimits, StrategyName } from '@pageswarm/engine';

/** How a node treats those that ask it: sends pieces, sends nothing at all, says that it has not what it offers, says that it is busy. */
export const MANNERS = ['serves', 'silent', 'refuses', 'busy'] as const;
export type Manner = (typeof MANNERS)[number];

/** A kind of node, `count` times. */
export interface NodeScenario {
  readonly name: string;
  /** @default 1 */
  readonly count?: number;
  /** The part of the document that it has from the start, 0 to 1; a part is chosen by the seed. Who has less than all downloads the rest. */
  readonly has: number;
  /** Bytes per second. */
  readonly up: number;
  /** Bytes per second. */
  readonly down: number;
  /** Its part of the round trip to any other node. */
  readonly latencyMs: number;
  /** The site that it stands in; see {@link Scenario.links}. */
  readonly site?: string;
  /** `up` is a rate limit of the node and not a link: what may be sent leaves at once, and is waited for afterwards. @default false */
  readonly limited?: boolean;
  /** Has only a part and does not download the rest. @default false */
  readonly idle?: boolean;
  /** Downloads, and tells nobody what it has. @default false */
  readonly freeRides?: boolean;
  /** Other nodes that may be connected to it at once; the next one is turned away. @default as many as come */
  readonly maxConnections?: number;
  /** @default the strategy of the scenario */
  readonly strategy?: StrategyName;
  /** @default 'serves' */
  readonly manner?: Manner;
  /** The probability that a piece that it sends is wrong, 0 to 1. @default 0 */
  readonly corrupts?: number;
  /** @default 0 */
  readonly joinsAtMs?: number;
  /** Nodes of this kind join one after the other, this far apart. @default 0, all at once */
  readonly joinsEveryMs?: number;
  readonly leavesAtMs?: number;
  /** Leaves when any download has this part of the document, 0 to 1. */
  readonly leavesAtPart?: number;
  /** Leaves this long after it has everything. */
  readonly staysMs?: number;
  /** Comes back this long after it left. */
  readonly returnsAfterMs?: number;
  /** Leaves without closing its connections, as a machine does that loses its power. @default false */
  readonly vanishes?: boolean;
  /** Stands still from then on, as a stopped process does. */
  readonly freezesAtMs?: number;
  readonly freezesForMs?: number;
  /** Its disk is full when it has this part of the document; there is room again 2 s later and the download is resumed. */
  readonly diskFullAtPart?: number;
}

/** The one link between two sites: whatever goes from a node of one to a node of the other shares it, each direction for itself. */
export interface SiteLink {
  readonly between: readonly [string, string];
  /** Bytes per second in each direction. */
  readonly rate: number;
  /** Added to the round trip. */
  readonly latencyMs: number;
}

/** A swarm to simulate. */
export interface Scenario {
  readonly name: string;
  readonly document: {
    readonly size: number;
    /** @default as for a real document of this size */
    readonly pieceLength?: number;
    /** @default 100 */
    readonly pages?: number;
    /** Pieces at the end of the file that belong to the structure. @default 1 */
    readonly structurePieces?: number;
  };
  /** @default 'adaptive' */
  readonly strategy?: StrategyName;
  readonly nodes: readonly NodeScenario[];
  readonly links?: readonly SiteLink[];
  readonly limits?: Partial<EngineLimits>;
  /** How long a node gathers what it got before it tells. @default 50 */
  readonly haveEveryMs?: number;
  /** The most hosts that the tracker tells at once. @default 50 */
  readonly hostsPerLookup?: number;
  /** Virtual time after which a simulation that has not ended is a failure of the engine. @default one hour */
  readonly endsAtMs?: number;
  /** What others published about the same case: multiples of the time that a full-rate download takes. */
  readonly published?: { readonly by: string; readonly p50?: number; readonly p99?: number; readonly p999?: number };
}

export const DEFAULT_PAGES = 100;
/** As a peer does (its HAVE_BATCH_MS). */
export const DEFAULT_HAVE_EVERY_MS = 50;
export const DEFAULT_HOSTS_PER_LOOKUP = 50;
export const DEFAULT_ENDS_AT_MS = 3_600_000;
/** How long a full disk of a scenario stays full, in ms. */
export const DISK_FULL_MS = 2_000;
