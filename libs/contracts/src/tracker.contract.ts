import { z } from 'zod';
import { DocumentIdentitySchema, DocumentSchema, HostSchema, InspectionSchema } from './document.contract.ts';
import { DocumentIdField, NameField, PeerIdField, PortField, TimeField } from './fields.ts';

/** Requests and events that a tracker answers on the swarm transport. The sender is the node of the handshake. */
export const TRACKER_PATTERNS = {
  /** Begins a lease: {@link JoinRequestSchema} -> {@link JoinReplySchema}. */
  join: 'swarm.join',
  /** Renews the lease: {} -> {@link RenewReplySchema}; PEER_NOT_FOUND means join and announce again. */
  renew: 'swarm.renew',
  /** Ends the lease at once: {} -> {}. */
  leave: 'swarm.leave',
  /** Tells what the sender has: {@link AnnounceRequestSchema} -> {@link AnnounceReplySchema}. */
  announce: 'catalog.announce',
  /** Tells how far a partial host is: {@link ProgressRequestSchema} -> {}. */
  progress: 'catalog.progress',
  /** Stops hosting: {@link WithdrawRequestSchema} -> {}. */
  withdraw: 'catalog.withdraw',
  /** Searches: {@link SearchRequestSchema} -> stream of {@link SearchItemSchema}, the last one with `nextCursor`. */
  search: 'catalog.search',
  /** One document by any of its hashes: {@link LookupRequestSchema} -> Document; DOCUMENT_NOT_FOUND. */
  get: 'catalog.get',
  /** Hosts to download from, never the asker: {@link LookupRequestSchema} -> {@link HandoutReplySchema}. */
  hosts: 'catalog.hosts',
} as const;

/** The most documents in one announce; a longer list is sent as several. */
export const MAX_ANNOUNCE_DOCUMENTS = 32;
/** The most documents in one page of a search. */
export const MAX_SEARCH_LIMIT = 200;
export const DEFAULT_SEARCH_LIMIT = 50;

export const JoinRequestSchema = z.object({
  /** Where others reach the sender's transport; without `host` the tracker takes the address of the connection. */
  transport: z.object({ host: z.string().min(1).max(255).optional(), port: PortField }),
  http: z.object({ host: z.string().min(1).max(255).optional(), port: PortField }).optional(),
  name: z.string().min(1).max(100).optional(),
  zone: z.string().min(1).max(100).optional(),
});
export type JoinRequest = z.output<typeof JoinRequestSchema>;

export const JoinReplySchema = z.object({
  trackerId: PeerIdField,
  leaseMs: z.number().int().positive(),
  /** How often to renew. */
  heartbeatMs: z.number().int().positive(),
  /** Where the tracker will send others, as `host:port`. */
  address: z.string(),
  /** False if the tracker could not reach that address: the sender is not handed out until it can. */
  reachable: z.boolean(),
});
export type JoinReply = z.output<typeof JoinReplySchema>;

export const RenewReplySchema = z.object({ leaseMs: z.number().int().positive(), reachable: z.boolean() });
export type RenewReply = z.output<typeof RenewReplySchema>;

export const AnnouncedDocumentSchema = DocumentIdentitySchema.extend({
  ...InspectionSchema.shape,
  aliases: z.array(NameField).max(64).default([]),
  complete: z.boolean(),
  /** How many verified pieces the sender has. */
  have: z.number().int().min(0),
  addedBy: PeerIdField.optional(),
  addedAt: TimeField.optional(),
});
export type AnnouncedDocument = z.output<typeof AnnouncedDocumentSchema>;
export const AnnounceRequestSchema = z.object({ documents: z.array(AnnouncedDocumentSchema).min(1).max(MAX_ANNOUNCE_DOCUMENTS) });
export type AnnounceRequest = z.output<typeof AnnounceRequestSchema>;

/**
 * The catalog's word on each announced document that it took: the first name and its info-hashes stay. Of the others it
 * says what is wrong; they keep nobody from joining.
 */
export const AnnounceReplySchema = z.object({
  documents: z.array(DocumentIdentitySchema.extend({ aliases: z.array(NameField), addedBy: PeerIdField, addedAt: TimeField })),
  refused: z.array(z.object({ id: DocumentIdField, code: z.string(), detail: z.string() })).default([]),
});
export type AnnounceReply = z.output<typeof AnnounceReplySchema>;

export const ProgressRequestSchema = z.object({ id: DocumentIdField, have: z.number().int().min(0), complete: z.boolean() });
export type ProgressRequest = z.output<typeof ProgressRequestSchema>;

export const WithdrawRequestSchema = z.object({ ids: z.array(DocumentIdField).min(1).max(1_000) });
export type WithdrawRequest = z.output<typeof WithdrawRequestSchema>;

/** What a list of documents can be sorted by; names by their letters without accents and case. */
export const DOCUMENT_SORTS = ['name', 'size', 'pages', 'added', 'hosts'] as const;
export type DocumentSort = (typeof DOCUMENT_SORTS)[number];

export const SearchRequestSchema = z.object({
  query: z.string().max(500).default(''),
  limit: z.coerce.number().int().min(1).max(MAX_SEARCH_LIMIT).default(DEFAULT_SEARCH_LIMIT),
  /** Of the same list: a cursor goes with the query and the sort that it came from. */
  cursor: z.string().max(500).optional(),
  /** Without it the best fit comes first, and without a query the newest. */
  sort: z.enum(DOCUMENT_SORTS).optional(),
  /** Names ascend when it is left out; everything else begins with the most. */
  order: z.enum(['asc', 'desc']).optional(),
});
export type SearchRequest = z.output<typeof SearchRequestSchema>;
export const SearchItemSchema = z.union([z.object({ document: DocumentSchema }), z.object({ nextCursor: z.string().nullable() })]);
export type SearchItem = z.output<typeof SearchItemSchema>;

/** A document id, a v1 or v2 info-hash, or an md5, in hex. */
export const LookupRequestSchema = z.object({
  id: z.string().regex(/^[0-9a-fA-F]{32,64}$/, 'must be a document id, an info-hash or an md5 in hex'),
});
export type LookupRequest = z.output<typeof LookupRequestSchema>;

export const HandoutReplySchema = z.object({ id: DocumentIdField, hosts: z.array(HostSchema) });
export type HandoutReply = z.output<typeof HandoutReplySchema>;
