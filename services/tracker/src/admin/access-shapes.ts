import { TimeField } from '@pageswarm/contracts';
import { z } from 'zod';
import { BAN_SUBJECTS } from '../access/bans.ts';
import { MAX_NOTE_TEXT_LENGTH } from '../access/notes.ts';

/** Why something is noted; a request without a body gives no reason. */
export const ReasonRequestSchema = z
  .object({ reason: z.string().max(MAX_NOTE_TEXT_LENGTH).default('') })
  .nullish()
  .transform((body) => body ?? { reason: '' });
export type ReasonRequest = z.output<typeof ReasonRequestSchema>;

export const BanSchema = z.object({ banned: z.enum(BAN_SUBJECTS), subject: z.string(), reason: z.string(), since: TimeField });
export type Ban = z.output<typeof BanSchema>;
export const BanListSchema = z.object({ items: z.array(BanSchema) });
export type BanList = z.output<typeof BanListSchema>;

export const AllowedSchema = z.object({ hash: z.string(), reason: z.string(), since: TimeField });
export type Allowed = z.output<typeof AllowedSchema>;
/** Whether the list decides, and what is on it. */
export const AllowListSchema = z.object({ inForce: z.boolean(), items: z.array(AllowedSchema) });
export type AllowListView = z.output<typeof AllowListSchema>;

/** The longest time that a tracker may be told to go on answering before it ends, in milliseconds. */
export const MAX_DRAIN_MS = 600_000;
/** How long it goes on when it is not told, in milliseconds: a round of heartbeats at the default lease. */
export const DEFAULT_DRAIN_MS = 15_000;
export const DrainRequestSchema = z
  .object({ ms: z.number().int().min(0).max(MAX_DRAIN_MS).default(DEFAULT_DRAIN_MS) })
  .nullish()
  .transform((body) => body ?? { ms: DEFAULT_DRAIN_MS });
export type DrainRequest = z.output<typeof DrainRequestSchema>;
export const DrainSchema = z.object({ endsAt: TimeField });
export type DrainView = z.output<typeof DrainSchema>;
