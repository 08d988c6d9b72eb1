import { DEFAULT_MAX_DATA_BYTES, DEFAULT_MAX_JSON_BYTES, FrameType } from '../index.ts';
import type { Decoded, Frame } from './frame-gatherer.ts';

/** The deliberately naive twin of the decoder: waits for everything, then cuts with plain arithmetic. */
export function decodeNaively(bytes: Buffer): Decoded {
  const number = (at: number, size: number): number => [...bytes.subarray(at, at + size)].reduce((sum, byte) => sum * 256 + byte, 0);
  const frames: Frame[] = [];
  for (let at = 0; at + 16 <= bytes.length; ) {
    const [length, type] = [number(at, 4), number(at + 4, 1) as FrameType];
    if (!Object.values(FrameType).includes(type)) return { frames, code: 'PROTOCOL_ERROR' };
    const most = type === FrameType.DATA ? DEFAULT_MAX_DATA_BYTES : DEFAULT_MAX_JSON_BYTES;
    if (length > most) return { frames, code: 'FRAME_TOO_LARGE' };
    if (at + 16 + length > bytes.length) break;
    const payload = Buffer.from(bytes.subarray(at + 16, at + 16 + length));
    const auxiliary = type === FrameType.DATA ? 0 : number(at + 12, 4);
    frames.push({ type, flags: number(at + 5, 1), streamId: number(at + 8, 4), auxiliary, payload });
    at += 16 + length;
  }
  return { frames };
}
