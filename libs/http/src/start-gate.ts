import { PageSwarmError } from '@pageswarm/primitives';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemOf } from './problem.ts';

/** What is answered while a service starts: what orchestrators and Prometheus ask. */
const ALWAYS_OPEN: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);
/** When whoever came too early should ask again, in seconds. */
const RETRY_AFTER_SECONDS = 1;

/** Keeps requests out of a service that is not there yet. */
export class StartGate {
  private isOpen = false;

  open(): void {
    this.isOpen = true;
  }

  /** For Fastify, before anything of a request is read. */
  readonly hook = (request: FastifyRequest, reply: FastifyReply, next: () => void): void => {
    const [path = ''] = request.url.split('?');
    if (this.isOpen || ALWAYS_OPEN.has(path)) {
      next();
      return;
    }
    const problem = problemOf(new PageSwarmError('STARTING', 'This node is not ready yet'), path);
    void reply
      .status(problem.status)
      .header('retry-after', RETRY_AFTER_SECONDS)
      .header('content-type', 'application/problem+json')
      .send(JSON.stringify(problem));
  };
}
