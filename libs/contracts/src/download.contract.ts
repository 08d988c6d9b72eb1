import { z } from 'zod';
import { ErrorShapeSchema } from './document.contract.ts';
import { AddressField, DocumentIdField, Md5Field, NameField, PeerIdField, TimeField } from './fields.ts';

export const DOWNLOAD_STATES = ['queued', 'probing', 'downloading', 'verifying', 'paused', 'done', 'failed'] as const;
export const HOST_STATES = ['probing', 'active', 'idle', 'dead', 'banned', 'lost'] as const;
export const STRATEGIES = ['adaptive', 'cascade', 'rarest-first', 'sequential'] as const;

export const StartDownloadSchema = z.object({
  /** A document id, a v1 or v2 info-hash, an md5 or a magnet link. */
  id: z.string().min(1).max(4_096),
  /** Only these pages, for example "3-7"; everything when absent. */
  pages: z.string().min(1).max(4_096).optional(),
  strategy: z.enum(STRATEGIES).optional(),
});
export type StartDownload = z.output<typeof StartDownloadSchema>;

/** How far a priority goes from 0, up and down. */
export const MAX_PRIORITY = 100;

export const ChangeDownloadSchema = z.object({
  /** Place among the downloads that are not done, from 1; beyond the end is the end. */
  position: z.number().int().min(1).optional(),
  /** Waiting downloads of a higher priority begin first. */
  priority: z.number().int().min(-MAX_PRIORITY).max(MAX_PRIORITY).optional(),
});
export type ChangeDownload = z.output<typeof ChangeDownloadSchema>;

export const CancelDownloadSchema = z.object({
  /** True keeps the pieces as a document of which a part is here. */
  keep: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true'),
});
export type CancelDownload = z.output<typeof CancelDownloadSchema>;

export const DownloadHostSchema = z.object({
  peerId: PeerIdField,
  address: AddressField,
  latencyMs: z.number().nullable(),
  /** Fraction of the pages that the opening plan gave it. */
  share: z.number().min(0).max(1),
  /** Pages of the opening plan, for example "1-75". */
  plannedPages: z.string(),
  /** Pages of which it sent at least one piece. */
  sentPages: z.string(),
  pieces: z.number().int(),
  bytes: z.number().int(),
  /** Bytes per second, measured. */
  rate: z.number(),
  state: z.enum(HOST_STATES),
  /** Why it is dead, banned or lost. */
  detail: z.string().nullable(),
});
export type DownloadHost = z.output<typeof DownloadHostSchema>;

export const DownloadSchema = z.object({
  id: z.string(),
  documentId: DocumentIdField,
  name: NameField,
  strategy: z.enum(STRATEGIES),
  state: z.enum(DOWNLOAD_STATES),
  /** Place among the downloads that are not done, from 1; null when it is done. */
  position: z.number().int().nullable(),
  /** Waiting downloads of a higher priority begin first. */
  priority: z.number().int(),
  pieces: z.object({ have: z.number().int(), total: z.number().int() }),
  pages: z.object({ ready: z.number().int(), total: z.number().int() }),
  /** Pages that can be shown now, for example "1-12,40". */
  readyPages: z.string(),
  /** The pages that were asked for; null for the whole document. */
  wantedPages: z.string().nullable(),
  size: z.number().int(),
  /** Verified bytes that are stored. */
  bytes: z.number().int(),
  /** Document bytes that came over the wire, also those that were refused or came twice. */
  bytesReceived: z.number().int(),
  rate: z.number(),
  hosts: z.array(DownloadHostSchema),
  md5: z.object({ expected: Md5Field, actual: Md5Field.nullable() }),
  /** Of the whole file, as `sha256sum` prints it, once it is here. It is another one than the id, which is the root of a hash tree. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  error: ErrorShapeSchema.nullable(),
  startedAt: TimeField,
  finishedAt: TimeField.nullable(),
});
export type Download = z.output<typeof DownloadSchema>;
export const DownloadListSchema = z.object({ items: z.array(DownloadSchema), nextCursor: z.string().nullable() });
