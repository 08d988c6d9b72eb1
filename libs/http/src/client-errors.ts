import { STATUS_CODES } from 'node:http';
import type { FastifyServerOptions } from 'fastify';
import { type Problem, problemWithoutRequest } from './problem.ts';

/** How long the sender of something that is no HTTP has to read the answer before its connection is cut, in milliseconds. */
export const CLIENT_ERROR_LINGER_MS = 1_000;

type Socket = Parameters<NonNullable<FastifyServerOptions['clientErrorHandler']>>[1];

/** An error of Node's HTTP parser. */
interface ParserError extends Error {
  readonly code?: string;
}

/** A connection as Node's HTTP server knows it. */
interface HttpSocket extends Socket {
  /** The answer that is under way on it. */
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

const answered = new WeakSet<Socket>();

/**
 * Answers what is no HTTP request, or one with too long a head, in the shape of all other problems: Fastify's own answer
 * below its router is another. Then the connection ends, for nobody knows where a next request would begin.
 */
export function answerClientError(error: ParserError, socket: Socket): void {
  // The parser complains about every further chunk.
  if (answered.has(socket)) return;
  answered.add(socket);
  // A connection that is gone or in the middle of an answer cannot be told.
  if (error.code === 'ECONNRESET' || !socket.writable || (socket as HttpSocket)._httpMessage?.headersSent) {
    socket.destroy();
    return;
  }
  socket.end(rawAnswer(problemOfParser(error)));
  // Closing over bytes that were not read would reset the connection, and the answer could be lost.
  socket.resume();
  setTimeout(() => socket.destroy(), CLIENT_ERROR_LINGER_MS).unref();
}

function problemOfParser({ code }: ParserError): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return problemWithoutRequest('TOO_LARGE', 431, 'The head of the request is too long');
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return problemWithoutRequest('DEADLINE_EXCEEDED', 408, 'The request did not come in time');
  return problemWithoutRequest('INVALID_REQUEST', 400, 'This is no HTTP request');
}

function rawAnswer(problem: Problem): string {
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    'content-type: application/problem+json',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  return `${head.join('\r\n')}\r\n\r\n${body}`;
}
