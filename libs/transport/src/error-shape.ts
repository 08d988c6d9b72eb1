import { types } from 'node:util';
import { HttpException } from '@nestjs/common';
import { RpcException } from '@nestjs/microservices';
import {
  ERROR_CODES,
  type ErrorCode,
  type ErrorShape,
  errorShape,
  isErrorCode,
  isPageSwarmError,
  PageSwarmError,
} from '@pageswarm/primitives';
import { MAX_ERROR_DETAIL_LENGTH } from './limits.ts';

/** What Nest says when a guard refuses. */
const NEST_FORBIDDEN = 'Forbidden resource';
/** What Nest's own filter makes of an error that it does not know and has logged. */
const NEST_UNKNOWN = 'Internal server error';

const CODE_OF_STATUS: Record<number, ErrorCode> = {
  400: 'INVALID_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  409: 'WRONG_STATE',
  413: 'TOO_LARGE',
  422: 'INVALID_REQUEST',
  429: 'LIMIT_EXCEEDED',
  499: 'CANCELLED',
  501: 'UNKNOWN_PATTERN',
  504: 'DEADLINE_EXCEEDED',
};

export interface MappedError {
  /** What the other end is told. */
  readonly error: PageSwarmError;
  /** True if it belongs into the log: nobody threw it on purpose. */
  readonly isUnexpected: boolean;
}

/** What a handler's failure is to the other end: our errors keep their code, unknown ones are INTERNAL and tell nothing. */
export function mapError(thrown: unknown): MappedError {
  if (isPageSwarmError(thrown)) return expected(thrown);
  if (thrown instanceof RpcException) return mapRpcError(thrown.getError());
  if (thrown instanceof HttpException) return mapHttpException(thrown);
  if (typeof thrown === 'object' && thrown !== null && !types.isNativeError(thrown) && ('code' in thrown || 'status' in thrown))
    return mapRpcError(thrown);
  return { error: new PageSwarmError('INTERNAL', ERROR_CODES.INTERNAL.title, { cause: thrown }), isUnexpected: true };
}

/** The JSON of an ERROR frame. */
export function errorJson(error: PageSwarmError): string {
  const { code, detail }: ErrorShape = errorShape(error);
  return JSON.stringify({ code, detail: detail.slice(0, MAX_ERROR_DETAIL_LENGTH) });
}

/** An RpcException carries a text or an object, and Nest's filters throw that object bare. */
function mapRpcError(payload: string | object): MappedError {
  if (typeof payload === 'string') return expected(new PageSwarmError(payload === NEST_FORBIDDEN ? 'FORBIDDEN' : 'INTERNAL', payload));
  const { code, detail, message } = payload as { code?: unknown; detail?: unknown; message?: unknown };
  const text = [detail, message].find((part) => typeof part === 'string') as string | undefined;
  if (isErrorCode(code)) return expected(new PageSwarmError(code, text ?? ERROR_CODES[code].title));
  if (text === NEST_UNKNOWN) return expected(new PageSwarmError('INTERNAL', ERROR_CODES.INTERNAL.title));
  return mapRpcError(text ?? ERROR_CODES.INTERNAL.title);
}

function mapHttpException(exception: HttpException): MappedError {
  const status = exception.getStatus();
  const code = CODE_OF_STATUS[status] ?? (status < 500 ? 'INVALID_REQUEST' : 'INTERNAL');
  const detail = status < 500 ? exception.message : ERROR_CODES[code].title;
  return { error: new PageSwarmError(code, detail, { cause: exception }), isUnexpected: status >= 500 };
}

function expected(error: PageSwarmError): MappedError {
  return { error, isUnexpected: false };
}
