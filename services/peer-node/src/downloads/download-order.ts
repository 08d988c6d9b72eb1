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
  /** True if it does not go on by itself after a restart. */
  halted: z.boolean(),
});
export type DownloadOrder = z.output<typeof DownloadOrderSchema>;
