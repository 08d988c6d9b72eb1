export { type DecoderLimits, FrameDecoder, type FrameSink } from './decode.ts';
export { type DrainedFrames, encodeFrame, FrameBatch, MAX_SPARE_FRAME_SLABS, recycleFrames, writeHeader } from './encode.ts';
export { FrameFlag, FrameType, frameTypeName, isFrameType } from './frame.ts';
export {
  DATA_QUANTUM_BYTES,
  DEFAULT_MAX_DATA_BYTES,
  DEFAULT_MAX_JSON_BYTES,
  DEFAULT_STREAM_WINDOW_BYTES,
  FRAME_HEADER_BYTES,
  MAX_CREDIT_BYTES,
  MAX_HANDSHAKE_PAYLOAD_BYTES,
  MAX_STREAM_ID,
  PREFACE_BYTES,
} from './limits.ts';
export { agreeVersion, encodePreface, MAGIC, PROTOCOL_VERSIONS, PrefaceReader, type VersionRange } from './preface.ts';
