import { ERROR_CODES, type ErrorCode } from '@pageswarm/primitives';
import { z } from 'zod';
import {
  AddressField,
  DocumentIdField,
  InfoHashV1Field,
  InfoHashV2Field,
  MAX_PAGES,
  Md5Field,
  NameField,
  PeerIdField,
  PieceLengthField,
  SizeField,
  TimeField,
} from './fields.ts';

export const ErrorShapeSchema = z.object({ code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]), detail: z.string() });

/** A peer that has pieces of a document at hand. */
export const HostSchema = z.object({
  peerId: PeerIdField,
  address: AddressField,
  complete: z.boolean(),
  /** How many verified pieces it has. */
  pieces: z.number().int().min(0),
  latencyMs: z.number().optional(),
  lastSeen: TimeField,
  /** Where its HTTP face is reachable, as `host:port`, when it says so. */
  httpAddress: AddressField.optional(),
});
export type Host = z.output<typeof HostSchema>;

/** What the pdf-worker found in a document. `pages` and `words` are null when no library could read them. */
export const InspectionSchema = z.object({
  pages: z.number().int().min(0).max(MAX_PAGES).nullable(),
  /** Whitespace-separated tokens of each page's text, counted once with `extractor`. */
  words: z.array(z.number().int().min(0)).max(MAX_PAGES).nullable(),
  extractor: z.string().max(100).nullable(),
  title: z.string().max(1_024).nullable(),
  author: z.string().max(1_024).nullable(),
  /** True if the page map says which bytes belong to which page; false for the linear map. */
  mapped: z.boolean(),
  /** Why the map is linear. */
  mapReason: z.string().max(500).nullable(),
  encrypted: z.boolean(),
  needsPassword: z.boolean(),
  /** Why pages or words are unknown. */
  error: ErrorShapeSchema.nullable(),
});
export type Inspection = z.output<typeof InspectionSchema>;

/** What never changes about a document. */
export const DocumentIdentitySchema = z.object({
  id: DocumentIdField,
  name: NameField,
  size: SizeField,
  pieceLength: PieceLengthField,
  md5: Md5Field,
  infoHashV1: InfoHashV1Field,
  infoHashV2: InfoHashV2Field,
});
export type DocumentIdentity = z.output<typeof DocumentIdentitySchema>;

/** A document as every list and every detail shows it. */
export const DocumentSchema = DocumentIdentitySchema.extend({
  aliases: z.array(NameField).max(64),
  ...InspectionSchema.shape,
  addedBy: PeerIdField,
  addedAt: TimeField,
  hosts: z.array(HostSchema),
  /** How many peers have told that they finished downloading it. */
  completed: z.number().int().min(0).optional(),
});
export type Document = z.output<typeof DocumentSchema>;

export const DocumentListSchema = z.object({ items: z.array(DocumentSchema), nextCursor: z.string().nullable() });
export type DocumentList = z.output<typeof DocumentListSchema>;
