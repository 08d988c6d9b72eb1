import { AddressField, PeerIdField, TimeField } from '@pageswarm/contracts';
import { z } from 'zod';
import { PEER_STATES } from '../swarm/host-table.ts';

/** A peer that holds a lease, as the admin lists show it. */
export const PeerSchema = z.object({
  peerId: PeerIdField,
  name: z.string().nullable(),
  zone: z.string().nullable(),
  address: AddressField,
  httpAddress: AddressField.nullable(),
  state: z.enum(PEER_STATES),
  /** How many documents it has at least pieces of. */
  documents: z.number().int(),
  joinedAt: TimeField,
  lastSeen: TimeField,
});
export type Peer = z.output<typeof PeerSchema>;
export const PeerListSchema = z.object({ items: z.array(PeerSchema), nextCursor: z.string().nullable() });
export type PeerList = z.output<typeof PeerListSchema>;

export const DEFAULT_PEER_LIMIT = 100;
export const MAX_PEER_LIMIT = 1_000;
export const PeerListRequestSchema = z.object({
  limit: z.coerce.number().int().min(1).max(MAX_PEER_LIMIT).default(DEFAULT_PEER_LIMIT),
  cursor: z.string().max(500).optional(),
});
export type PeerListRequest = z.output<typeof PeerListRequestSchema>;

export const SNAPSHOT_STATES = ['off', 'ok', 'restoring', 'failing'] as const;

export const StatsSchema = z.object({
  trackerId: PeerIdField,
  startedAt: TimeField,
  uptimeMs: z.number(),
  documents: z.number().int(),
  /** Size of all documents together. */
  bytes: z.number().int(),
  peers: z.object({ live: z.number().int(), unreachable: z.number().int(), unconfirmed: z.number().int() }),
  bittorrentPeers: z.number().int(),
  /** Different words that documents are found by. */
  words: z.number().int(),
  snapshot: z.object({
    state: z.enum(SNAPSHOT_STATES),
    detail: z.string(),
    /** Changes that are not saved yet. */
    pending: z.number().int(),
    savedAt: TimeField.nullable(),
  }),
});
export type Stats = z.output<typeof StatsSchema>;

export const RemovedSchema = z.object({ removed: z.number().int() });
export type Removed = z.output<typeof RemovedSchema>;

export const AddressRequestSchema = z.object({ address: z.string().min(1).max(64) });
export type AddressRequest = z.output<typeof AddressRequestSchema>;
