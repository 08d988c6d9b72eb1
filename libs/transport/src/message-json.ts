import { PageSwarmError } from '@pageswarm/primitives';

/** The payload of REQUEST and EVENT. `pattern` is the normalised route, so that it is looked up as it is. */
export interface MessagePayload {
  readonly pattern: string;
  readonly data?: unknown;
  readonly metadata?: Record<string, string>;
}

/** @throws PageSwarmError PROTOCOL_ERROR if the payload is not what REQUEST and EVENT carry */
export function parseMessagePayload(payload: Buffer): MessagePayload {
  const message = parseJson(payload) as MessagePayload | null;
  if (typeof message?.pattern !== 'string') throw new PageSwarmError('PROTOCOL_ERROR', 'A message needs a pattern');
  const { metadata } = message;
  if (metadata !== undefined && (typeof metadata !== 'object' || metadata === null))
    throw new PageSwarmError('PROTOCOL_ERROR', 'The metadata of a message must be an object of strings');
  return message;
}

/** A JSON payload; an empty one is `undefined`. @throws PageSwarmError PROTOCOL_ERROR */
export function parseJson(payload: Buffer): unknown {
  if (payload.length === 0) return undefined;
  try {
    return JSON.parse(payload.toString());
  } catch (cause) {
    throw new PageSwarmError('PROTOCOL_ERROR', 'A payload is not JSON', { cause });
  }
}

/**
 * A value as JSON text; `undefined` is the empty text.
 * @throws PageSwarmError FRAME_TOO_LARGE if it has more bytes than the other end takes; TypeError if JSON cannot hold it
 */
export function encodeJson(value: unknown, maxBytes: number): string {
  return limited(jsonText(value), maxBytes);
}

/**
 * A value as the bytes of its JSON, for payloads that wait for their turn.
 * @throws as {@link encodeJson}
 */
export function encodeJsonBytes(value: unknown, maxBytes: number): Buffer {
  return limitedBytes(jsonText(value), maxBytes);
}

/**
 * The payload of REQUEST and EVENT as JSON text.
 * @throws as {@link encodeJson}
 */
export function encodeMessage(message: MessagePayload, maxBytes: number): string {
  if (message.metadata !== undefined) return encodeJson(message, maxBytes);
  // The same text as JSON.stringify of the message, for a tenth less time.
  const data = JSON.stringify(message.data);
  const pattern = JSON.stringify(message.pattern);
  return limited(data === undefined ? `{"pattern":${pattern}}` : `{"pattern":${pattern},"data":${data}}`, maxBytes);
}

/** A value as JSON text of any length; `undefined` is the empty text. @throws TypeError if JSON cannot hold it */
export function jsonText(value: unknown): string {
  return JSON.stringify(value) ?? '';
}

/** The text itself. @throws PageSwarmError FRAME_TOO_LARGE if it has more bytes than the other end takes */
export function limited(text: string, maxBytes: number): string {
  // Most texts are so short that their bytes need no counting: a UTF-16 unit takes at most three.
  if (text.length * 3 > maxBytes && Buffer.byteLength(text) > maxBytes) throw tooLarge(Buffer.byteLength(text), maxBytes);
  return text;
}

/** The text as bytes, which are not counted before they are written. @throws as {@link limited} */
export function limitedBytes(text: string, maxBytes: number): Buffer {
  // No UTF-16 unit takes less than a byte, so nothing much larger than what may be sent is ever made.
  if (text.length > maxBytes) throw tooLarge(Buffer.byteLength(text), maxBytes);
  const bytes = Buffer.from(text);
  if (bytes.length > maxBytes) throw tooLarge(bytes.length, maxBytes);
  return bytes;
}

function tooLarge(bytes: number, maxBytes: number): PageSwarmError {
  return new PageSwarmError('FRAME_TOO_LARGE', `A message of ${bytes} bytes is over the other end's limit of ${maxBytes}`);
}
