/** Bytes of every frame header; part of the protocol, not a choice. */
export const FRAME_HEADER_BYTES = 16;

/** Bytes of the preface that opens each direction of a connection; part of every version of the protocol. */
export const PREFACE_BYTES = 8;

/** The largest payload of a frame before the handshake is done, in bytes: a stranger may cost no more. */
export const MAX_HANDSHAKE_PAYLOAD_BYTES = 4_096;

/** The largest JSON payload of a frame, in bytes. A receiver refuses more from the header alone, before it buffers. */
export const DEFAULT_MAX_JSON_BYTES = 1_048_576;

/** The largest payload of a DATA frame that is accepted, in bytes. */
export const DEFAULT_MAX_DATA_BYTES = 262_144;

/** Payload of the DATA frames that are sent, in bytes: the turn of one stream when many share a connection. */
export const DATA_QUANTUM_BYTES = 65_536;

/** How many bytes a stream may send before its receiver grants more, counting whole frames with their headers. */
export const DEFAULT_STREAM_WINDOW_BYTES = 1_048_576;

/** The most bytes that one CREDIT frame can grant: the width of its field. */
export const MAX_CREDIT_BYTES = 0xffff_ffff;

/** The largest stream id; a connection that has used it up must be replaced. */
export const MAX_STREAM_ID = 0xffff_fffe;
