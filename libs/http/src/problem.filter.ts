import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import type { Logger } from '@pageswarm/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { throwError } from 'rxjs';
import { problemOf } from './problem.ts';
import { discardRest } from './refused-body.ts';

/** Answers every error of an HTTP request as problem details; errors of the swarm transport pass on untouched. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(private readonly logger: Logger) {}

  catch(error: unknown, host: ArgumentsHost): unknown {
    if (host.getType() !== 'http') return throwError(() => error);
    const http = host.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    const problem = problemOf(error, request.url);
    if (problem.status >= 500)
      this.logger.error({ err: error, code: problem.code, method: request.method, url: request.url }, problem.detail);
    // A reply that has begun cannot turn into a problem any more: its connection ends, so that nobody takes a part for the whole.
    if (reply.raw.headersSent) return void reply.raw.destroy();
    discardRest(request.raw);
    return reply.status(problem.status).header('content-type', 'application/problem+json').send(JSON.stringify(problem));
  }
}
