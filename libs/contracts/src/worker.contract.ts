import { z } from 'zod';
import { InspectionSchema } from './document.contract.ts';
import { DocumentIdField, PieceLengthField, PortField, SizeField } from './fields.ts';

/** Requests that a pdf-worker answers on the swarm transport. It reads the document from the peer that asks. */
export const WORKER_PATTERNS = {
  /** {@link WorkerDocumentSchema} -> encoded page map, layout and texts of the pages in a row, head {@link InspectionHeadSchema}. */
  inspect: 'pdf.inspect',
  /** {@link ExtractRequestSchema} -> bytes of a PDF, head {@link ExtractHeadSchema}. */
  extract: 'pdf.extract',
  /** {@link JoinPagesRequestSchema} -> bytes of a PDF, head {@link ExtractHeadSchema}. */
  join: 'pdf.join',
  /** {@link RenderRequestSchema} -> bytes of a PNG, head {@link RenderHeadSchema}. */
  render: 'pdf.render',
} as const;

/** The widest thumbnail in pixels. */
export const MAX_RENDER_WIDTH = 4_096;

/** The most parts, each of one document, that are joined into one PDF. */
export const MAX_JOINED_PARTS = 64;

export const WorkerDocumentSchema = z.object({
  id: DocumentIdField,
  size: SizeField,
  pieceLength: PieceLengthField,
  /** Where the worker reads pieces; without `host` it uses the address of the connection. */
  source: z.object({ host: z.string().min(1).max(255).optional(), port: PortField }),
});
export type WorkerDocument = z.output<typeof WorkerDocumentSchema>;

const PartBytesField = z.number().int().min(0);
/** The findings, and how many bytes each part of the answer has; no bytes where there is none. */
export const InspectionHeadSchema = InspectionSchema.extend({
  bytes: z.object({ pageMap: PartBytesField, layout: PartBytesField, texts: PartBytesField }),
});
export type InspectionHead = z.output<typeof InspectionHeadSchema>;

export const ExtractRequestSchema = WorkerDocumentSchema.extend({ pages: z.string().min(1).max(4_096) });
export type ExtractRequest = z.output<typeof ExtractRequestSchema>;
/** Pages of several documents, in this order; each document is read from the same peer. */
export const JoinPagesRequestSchema = z.object({ parts: z.array(ExtractRequestSchema).min(1).max(MAX_JOINED_PARTS) });
export const ExtractHeadSchema = z.object({ pages: z.number().int().min(1) });
export type ExtractHead = z.output<typeof ExtractHeadSchema>;

export const RenderRequestSchema = WorkerDocumentSchema.extend({
  page: z.number().int().min(1),
  width: z.number().int().min(1).max(MAX_RENDER_WIDTH).default(600),
});
export type RenderRequest = z.output<typeof RenderRequestSchema>;
export const RenderHeadSchema = z.object({ width: z.number().int().min(1), height: z.number().int().min(1) });
export type RenderHead = z.output<typeof RenderHeadSchema>;
