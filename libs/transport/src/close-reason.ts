import type { ErrorCode } from '@pageswarm/primitives';

/** Why a connection ended, as metrics and logs name it. The set is closed. */
export const CLOSE_REASONS = [
  /** This end closed it after its requests were done. */
  'local-close',
  /** This end destroyed it. */
  'local-destroy',
  /** The other end closed it. */
  'remote-close',
  /** The socket failed. */
  'connection-lost',
  /** Nothing was asked for the idle time. */
  'idle',
  /** Nothing was heard for the heartbeat time. */
  'heartbeat-timeout',
  'handshake-timeout',
  'handshake-failed',
  'protocol-version',
  'protocol-error',
  'frame-too-large',
  'credit-exceeded',
  'limit-exceeded',
] as const;

export type CloseReason = (typeof CLOSE_REASONS)[number];

const REASON_OF_CODE: Partial<Record<ErrorCode, CloseReason>> = {
  HANDSHAKE_FAILED: 'handshake-failed',
  CONNECTION_TIMEOUT: 'handshake-timeout',
  PROTOCOL_VERSION: 'protocol-version',
  PROTOCOL_ERROR: 'protocol-error',
  FRAME_TOO_LARGE: 'frame-too-large',
  GOING_AWAY: 'local-close',
  CREDIT_EXCEEDED: 'credit-exceeded',
  LIMIT_EXCEEDED: 'limit-exceeded',
};

/** The reason that belongs to an error code which ends a connection. */
export function closeReasonOf(code: ErrorCode): CloseReason {
  return REASON_OF_CODE[code] ?? 'protocol-error';
}
