import { DocumentIdentitySchema, InspectionSchema, PeerIdField, STRATEGIES, TimeField } from '@pageswarm/contracts';
import { z } from 'zod';

/** What somebody asked for, as it is kept until it is done: enough to begin again after a restart. */
export const DownloadOrderSchema = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  document: DocumentIdentitySchema.extend({
    aliases: z.array(z.string()),
    addedBy: PeerIdField,
    addedAt: TimeField,
    inspection: InspectionSchema,
  }),
  strategy: z.enum(STRATEGIES),
  /** Only these pages, for example "3-7"; null for the whole document. */
  pages: z.string().nullable(),
  startedAt: TimeField,
  /** Waiting downloads of a higher priority begin first. */
  priority: z.number().int().default(0),
  /** Place in the queue when it was kept; only the order counts. */
  place: z.number().int().default(0),
  /** True if its owner paused it: it does not go on by itself. */
  halted: z.boolean(),
});
export type DownloadOrder = z.output<typeof DownloadOrderSchema>;
