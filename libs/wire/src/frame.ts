/**
 * The layout of a frame: 16 header bytes, big-endian, then the payload.
 *
 * | offset | size | field     | meaning                                                             |
 * |-------:|-----:|-----------|---------------------------------------------------------------------|
 * |      0 |    4 | length    | bytes of the payload                                                |
 * |      4 |    1 | type      | {@link FrameType}                                                   |
 * |      5 |    1 | flags     | {@link FrameFlag}, the rest is zero                                 |
 * |      6 |    2 | reserved  | sent as zero, ignored on receipt: room for an extension             |
 * |      8 |    4 | stream    | stream id, 0 for the connection itself                              |
 * |     12 |    4 | auxiliary | a number whose meaning depends on the type (credit, time, sequence) |
 */
export const FrameType = {
  /** First frame of each direction: nonce, authentication, features, limits. JSON. */
  HELLO: 1,
  /** Proof that the sender knows the swarm key: an HMAC over both openings. 32 raw bytes. */
  PROOF: 2,
  /** Ends the handshake of the sender's direction: who it is. JSON. */
  READY: 3,
  /** Opens a stream: pattern, data, metadata. JSON. Auxiliary: time the asker gives in ms, 0 without end. */
  REQUEST: 4,
  /** A message without an answer: pattern, data, metadata. JSON. Stream 0. */
  EVENT: 5,
  /** A value of the answer. JSON, empty for no value. */
  RESPONSE: 6,
  /** The head of a byte stream. JSON, empty for no head. */
  HEAD: 7,
  /** Raw bytes. */
  DATA: 8,
  /** The sender has sent all of this stream. */
  END: 9,
  /** The answer has failed: code, detail. JSON. */
  ERROR: 10,
  /** The sender wants no more of this stream. */
  CANCEL: 11,
  /** Auxiliary: how many bytes more the receiver of this frame may send on the stream. */
  CREDIT: 12,
  /** Auxiliary: a number that PONG repeats. */
  PING: 13,
  /** The answer to PING with the same auxiliary. */
  PONG: 14,
  /** No new streams; with FINAL the connection ends now. Code, detail. JSON. */
  GO_AWAY: 15,
} as const;

export type FrameType = (typeof FrameType)[keyof typeof FrameType];

export const FrameFlag = {
  NONE: 0,
  /** On RESPONSE and DATA: the last of the sender's direction, as if END followed. */
  END: 1,
  /** On REQUEST: the asker sends a body as DATA frames on this stream. */
  BODY: 2,
  /** On GO_AWAY: the sender closes the connection now. */
  FINAL: 4,
} as const;

const NAMES = new Map<number, string>(Object.entries(FrameType).map(([name, type]) => [type, name]));

export function isFrameType(value: number): value is FrameType {
  return value >= FrameType.HELLO && value <= FrameType.GO_AWAY;
}

/** The name of a frame type for people, `type 77` if it has none. */
export function frameTypeName(type: number): string {
  return NAMES.get(type) ?? `type ${type}`;
}
