import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import { addressBytes, PageSwarmError } from '@pageswarm/primitives';
import type { SwarmContext } from '@pageswarm/transport';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RateLimiter } from './rate-limiter.ts';

/** Holds back an address that searches too often, over HTTP (429 with `Retry-After`) and on the swarm transport. */
@Injectable()
export class SearchRateGuard implements CanActivate {
  constructor(@Inject(RateLimiter) private readonly searches: RateLimiter) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') {
      const waitMs = this.waitFor(context.switchToRpc().getContext<SwarmContext>().remoteAddress.host);
      if (waitMs > 0) throw tooMany(waitMs);
      return true;
    }
    const http = context.switchToHttp();
    const waitMs = this.waitFor(http.getRequest<FastifyRequest>().ip);
    if (waitMs === 0) return true;
    void http.getResponse<FastifyReply>().header('retry-after', String(Math.ceil(waitMs / 1_000)));
    throw tooMany(waitMs);
  }

  private waitFor(address: string): number {
    const bytes = addressBytes(address);
    return bytes ? this.searches.take(bytes) : 0;
  }
}

function tooMany(waitMs: number): PageSwarmError {
  return new PageSwarmError('LIMIT_EXCEEDED', `This address searches too often; try again in ${Math.ceil(waitMs / 1_000)} s`);
}
