import { ERROR_CODES, type ErrorShape, isErrorCode, PageSwarmError } from '@pageswarm/primitives';

/** What requests fail with whose connection has ended. */
export function lost(detail: string, cause?: unknown): PageSwarmError {
  return new PageSwarmError('CONNECTION_LOST', detail, { cause });
}

/** An error as the other end tells it; codes that this version does not know become INTERNAL. */
export function parseError(payload: Buffer): PageSwarmError {
  let shape: Partial<ErrorShape>;
  try {
    shape = JSON.parse(payload.toString()) as Partial<ErrorShape>;
  } catch (cause) {
    return new PageSwarmError('PROTOCOL_ERROR', 'The other end sent an error that cannot be read', { cause });
  }
  const detail = typeof shape?.detail === 'string' ? shape.detail : ERROR_CODES.INTERNAL.title;
  return isErrorCode(shape?.code) ? new PageSwarmError(shape.code, detail) : new PageSwarmError('INTERNAL', `${shape?.code}: ${detail}`);
}
