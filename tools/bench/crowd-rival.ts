import type { CrowdAddress } from './crowd-tracker.ts';

/** What one client of a crowd is told. */
export interface CrowdOrder {
  readonly torrent: string;
  /** Where the file is, or will be. */
  readonly folder: string;
  /** An empty folder for what the client keeps besides. */
  readonly home: string;
  /** Where it is to listen for others, and whence it is to connect. */
  readonly address: CrowdAddress;
  /** A free port for its remote control. */
  readonly controlPort: number;
  readonly isSeed: boolean;
  /** Bytes that it may send per second. */
  readonly uploadLimit: number;
}

export interface CrowdProgress {
  /** True when the whole file is here and verified. */
  readonly isComplete: boolean;
  /** Document bytes that it has sent; undefined where it does not say. */
  readonly sent?: number;
  /** Document bytes that it got and had already; undefined where it does not say. */
  readonly wasted?: number;
}

/** A client that is running. */
export interface CrowdClient {
  progress(): Promise<CrowdProgress>;
  end(): Promise<void>;
}

/** Another program of which nine share a file on this machine. */
export interface CrowdRival {
  readonly name: string;
  readonly settings: string;
  /** @returns undefined when it is not installed */
  version(): Promise<string | undefined>;
  /** True when its clients do not meet on 127.0.0.1: then each has an address of its own in a network of their own. */
  readonly isApart: boolean;
  /** @returns when the client takes orders */
  start(order: CrowdOrder): Promise<CrowdClient>;
}
