import { MIN_RATE_LIMIT_BYTES } from '@pageswarm/config';
import { z } from 'zod';

const Rate = z.number().int().min(MIN_RATE_LIMIT_BYTES).nullable();

/** Bytes per second in one direction; null is without limit. */
export const DirectionLimitsSchema = z.object({
  /** All that this node sends or receives together. */
  node: Rate,
  /** Each document, whoever asks for it or sends it. */
  document: Rate,
  /** Each other peer, whatever the document. */
  peer: Rate,
});
export type DirectionLimits = z.output<typeof DirectionLimitsSchema>;

export const RateLimitsSchema = z.object({ upload: DirectionLimitsSchema, download: DirectionLimitsSchema });
export type RateLimits = z.output<typeof RateLimitsSchema>;

/** What is left out stays as it is. */
export const ChangeRateLimitsSchema = z.object({
  upload: DirectionLimitsSchema.partial().optional(),
  download: DirectionLimitsSchema.partial().optional(),
});
export type ChangeRateLimits = z.output<typeof ChangeRateLimitsSchema>;

export const UNLIMITED: DirectionLimits = { node: null, document: null, peer: null };
