import { ERROR_CODES, type ErrorCode, type ErrorMeaning, isErrorCode } from './error-codes.ts';

/** What an error looks like on the swarm transport and inside a download's status. */
export interface ErrorShape {
  readonly code: ErrorCode;
  readonly detail: string;
}

/**
 * The root of every error that PageSwarm raises on purpose.
 * Its `code` and `detail` may be told to the other end; its `cause` is for the log alone.
 */
export class PageSwarmError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, detail: string, options?: { readonly cause?: unknown }) {
    super(detail, options);
    this.name = 'PageSwarmError';
    this.code = code;
  }

  get detail(): string {
    return this.message;
  }

  get meaning(): ErrorMeaning {
    return ERROR_CODES[this.code];
  }

  toShape(): ErrorShape {
    return { code: this.code, detail: this.detail };
  }
}

/** True for our own errors, also for those that crossed a realm or a bundle boundary, where `instanceof` lies. */
export function isPageSwarmError(error: unknown): error is PageSwarmError {
  return (
    typeof error === 'object' && error !== null && (error as Error).name === 'PageSwarmError' && isErrorCode((error as PageSwarmError).code)
  );
}

/** The shape of any thrown value: our own errors keep code and detail, everything else is INTERNAL and tells nothing. */
export function errorShape(error: unknown): ErrorShape {
  return isPageSwarmError(error) ? { code: error.code, detail: error.message } : { code: 'INTERNAL', detail: ERROR_CODES.INTERNAL.title };
}
