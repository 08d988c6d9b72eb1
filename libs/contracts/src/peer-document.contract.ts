import { z } from 'zod';
import { DocumentSchema } from './document.contract.ts';
import { DocumentLayoutSchema } from './document-layout.ts';

/** A document as the peer that has it shows it. */
export const PeerDocumentSchema = DocumentSchema.extend({
  /** `pending` until a pdf-worker has looked at the document; the event `document-changed` tells that it has. */
  inspection: z.enum(['pending', 'done']),
});
export type PeerDocument = z.output<typeof PeerDocumentSchema>;

export const PeerDocumentListSchema = z.object({ items: z.array(PeerDocumentSchema), nextCursor: z.string().nullable() });
export type PeerDocumentList = z.output<typeof PeerDocumentListSchema>;

/** One document with everything that is kept of its pages beside their texts. */
export const PeerDocumentDetailSchema = PeerDocumentSchema.extend(DocumentLayoutSchema.shape);
export type PeerDocumentDetail = z.output<typeof PeerDocumentDetailSchema>;
