import { z } from 'zod';
import { DocumentIdField, IndexRangesField, PieceLengthField, SizeField } from './fields.ts';

/** Requests that a peer-node answers on the swarm transport. */
export const PEER_PATTERNS = {
  /** The one path of document bytes: {@link PiecesRequestSchema} -> bytes, head {@link PiecesHeadSchema}. */
  pieces: 'pieces.get',
  /** What the peer has: {@link DocumentRequestSchema} -> {@link HaveReplySchema}. */
  have: 'pieces.have',
  /** The same as it grows: {@link DocumentRequestSchema} -> stream of {@link HaveUpdateSchema}, the first with everything. */
  watch: 'pieces.watch',
  /** The hybrid metainfo with the page map: {@link DocumentRequestSchema} -> bytes, head {@link MetainfoHeadSchema}. */
  metainfo: 'metainfo.get',
  /** The encoded page map alone: {@link DocumentRequestSchema} -> bytes, head {@link PageMapHeadSchema}. */
  pageMap: 'page-map.get',
  /** What was found in the document: {@link DocumentRequestSchema} -> encoded layout and texts, head {@link FindingsHeadSchema}. */
  findings: 'findings.get',
} as const;

export const DocumentRequestSchema = z.object({ id: DocumentIdField });
export type DocumentRequest = z.output<typeof DocumentRequestSchema>;

export const PiecesRequestSchema = z.object({
  id: DocumentIdField,
  /** Pieces in the order in which they are wanted. */
  pieces: IndexRangesField.min(1),
  /** Asked by a pdf-worker for this peer's own sake: pieces that are not here are fetched from the swarm first. */
  demand: z.boolean().default(false),
});
export type PiecesRequest = z.output<typeof PiecesRequestSchema>;
/** The pieces that follow as raw bytes, back to back, in this order: those of the request that the host has. */
export const PiecesHeadSchema = z.object({ pieces: IndexRangesField });
export type PiecesHead = z.output<typeof PiecesHeadSchema>;

export const HaveReplySchema = z.object({ id: DocumentIdField, size: SizeField, pieceLength: PieceLengthField, pieces: IndexRangesField });
export type HaveReply = z.output<typeof HaveReplySchema>;
export const HaveUpdateSchema = z.object({ pieces: IndexRangesField });
export type HaveUpdate = z.output<typeof HaveUpdateSchema>;

export const MetainfoHeadSchema = z.object({ bytes: z.number().int().min(1) });
export const PageMapHeadSchema = z.object({ bytes: z.number().int().min(1) });
export type PageMapHead = z.output<typeof PageMapHeadSchema>;
/** How many bytes the encoded layout and the encoded texts have; they follow in this order. */
export const FindingsHeadSchema = z.object({ layout: z.number().int().min(1), texts: z.number().int().min(0) });
export type FindingsHead = z.output<typeof FindingsHeadSchema>;
export type MetainfoHead = z.output<typeof MetainfoHeadSchema>;
