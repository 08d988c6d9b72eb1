import { DocumentIdentitySchema, type Inspection, InspectionSchema, NameField, PeerIdField, TimeField } from '@pageswarm/contracts';
import { z } from 'zod';

/** What the node remembers of a document beside its bytes; one JSON file each. */
export const DocumentRecordSchema = DocumentIdentitySchema.extend({
  version: z.literal(1),
  aliases: z.array(NameField),
  inspection: InspectionSchema,
  addedBy: PeerIdField,
  addedAt: TimeField,
  /** True once every piece was verified and the file stands under `fileName`. */
  complete: z.boolean(),
  /** Name inside the documents folder; null while pieces are missing. */
  fileName: z.string().nullable(),
  /** When the finished file was last changed, in ms since 1970: a file that was changed later is hashed again at the next start. */
  modifiedAt: z.number().nullable().default(null),
});
export type DocumentRecord = z.output<typeof DocumentRecordSchema>;

/** The most other names that a document keeps. */
export const MAX_ALIASES = 64;

/** The inspection of a document that no pdf-worker has looked at yet. */
export const NOT_INSPECTED: Inspection = {
  pages: null,
  words: null,
  extractor: null,
  title: null,
  author: null,
  mapped: false,
  mapReason: 'not inspected yet',
  encrypted: false,
  needsPassword: false,
  error: null,
};
