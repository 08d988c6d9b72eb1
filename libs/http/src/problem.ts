import { ERROR_CODES, type ErrorCode, isPageSwarmError } from '@pageswarm/primitives';
import { z } from 'zod';

/** Problem details as RFC 9457 shapes them, with our stable `code` and what to do next. */
export const ProblemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  detail: z.string(),
  advice: z.string(),
  instance: z.string(),
});
export type Problem = z.output<typeof ProblemSchema>;

/** What an error of Fastify, Nest or one of its plugins means in our codes; matched by the HTTP status it carries. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  400: 'INVALID_REQUEST',
  401: 'UNAUTHORIZED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'NOT_FOUND',
  406: 'INVALID_REQUEST',
  408: 'DEADLINE_EXCEEDED',
  411: 'INVALID_REQUEST',
  413: 'TOO_LARGE',
  414: 'INVALID_REQUEST',
  415: 'INVALID_REQUEST',
  429: 'LIMIT_EXCEEDED',
};

/** The problem that a thrown value becomes. Only our own errors and refused requests tell their message. */
export function problemOf(error: unknown, instance: string): Problem {
  if (isPageSwarmError(error)) return problem(error.code, error.message, instance);
  const status = isFormError(error) ? 400 : statusOf(error);
  const code = CODE_OF_STATUS[status];
  if (code) return problem(code, (error as Error).message || ERROR_CODES[code].title, instance);
  return problem('INTERNAL', ERROR_CODES.INTERNAL.title, instance);
}

/** A problem that has no request: what came could not be read as one. */
export function problemWithoutRequest(code: ErrorCode, status: number, detail: string): Problem {
  return { ...problem(code, detail, ''), status };
}

function problem(code: ErrorCode, detail: string, instance: string): Problem {
  const { status, title, advice } = ERROR_CODES[code];
  return { type: `urn:pageswarm:error:${code}`, title, status, code, detail, advice, instance };
}

/** Busboy raises plain errors for a form that cannot be read; their message is all that tells them from a mistake of ours. */
function isFormError(error: unknown): boolean {
  const { message } = (error ?? {}) as Partial<Error>;
  return /^Multipart: |^Unexpected end of multipart data|terminated early due to unexpected end of multipart data/.test(message ?? '');
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null) return 500;
  if ('getStatus' in error && typeof error.getStatus === 'function') return Number(error.getStatus());
  return 'statusCode' in error ? Number(error.statusCode) : 500;
}
