import { type FrameType, frameTypeName } from '@pageswarm/wire';
import type { TransportLogger } from './transport-logger.ts';

/** Told of each frame; never of its payload, which may be a document or a secret. */
export type FrameTrace = (type: FrameType, flags: number, streamId: number, auxiliary: number, length: number) => void;

/** Writes one debug line per frame: direction, type, stream and sizes. */
export function frameTrace(logger: TransportLogger, direction: '<' | '>', other: string): FrameTrace {
  return (type, flags, streamId, auxiliary, length) => {
    logger.debug?.(`${direction} ${other} ${frameTypeName(type)} stream=${streamId} flags=${flags} auxiliary=${auxiliary} bytes=${length}`);
  };
}
