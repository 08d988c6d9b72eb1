import { timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common';
import { PageSwarmError, plainAddress } from '@pageswarm/primitives';
import type { FastifyRequest } from 'fastify';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);
/** The host of a URL that is an IPv4 or IPv6 address: no name ends in a number. */
const ADDRESS = /^\d+\.\d+\.\d+\.\d+$|^\[.+\]$/;
const READS_ONLY = 'pageswarm:reads-only';

/** Marks a POST that changes nothing, such as a search by an uploaded file: everybody may send it. */
export const ReadsOnly = () => SetMetadata(READS_ONLY, true);

export interface AdminPolicy {
  /** Bearer token that requests which change something must carry. */
  readonly token: string | undefined;
  /** Lets every address change things. */
  readonly open: boolean;
}

/**
 * Who may change something over HTTP: the holder of the token; without a token this machine alone, unless opened.
 * A browser page of another origin may never do so, whatever address it comes from.
 */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly policy: AdminPolicy) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (SAFE_METHODS.has(request.method)) return true;
    demandSameOrigin(request);
    if (Reflect.getMetadata(READS_ONLY, context.getHandler()) === true) return true;
    if (this.policy.token) return this.demandToken(request, this.policy.token);
    if (this.policy.open) return true;
    if (isLoopback(request.ip)) return demandOwnName(request);
    throw new PageSwarmError('UNAUTHORIZED', 'Without PAGESWARM_ADMIN_TOKEN only this machine may change something here');
  }

  private demandToken(request: FastifyRequest, token: string): boolean {
    const given = Buffer.from(/^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? '');
    const wanted = Buffer.from(token);
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return true;
    throw new PageSwarmError('UNAUTHORIZED', 'This request needs the admin token as a bearer token');
  }
}

/** Refuses cross-site requests (fetch metadata, or an Origin whose host is not the one asked for). */
function demandSameOrigin({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site'];
  const origin = headers.origin;
  const crossSite = site === 'cross-site' || (origin !== undefined && hostOf(origin) !== headers.host);
  if (crossSite) throw new PageSwarmError('FORBIDDEN', 'Pages of other sites may not change something here');
}

/**
 * Refuses pages that reach this machine under a foreign name: whoever owns a name can point it at a loopback address
 * (DNS rebinding), and the page then has the same origin. `localhost` and addresses cannot be pointed elsewhere.
 */
function demandOwnName({ headers }: FastifyRequest): true {
  if (headers.origin === undefined) return true;
  const { hostname } = new URL(headers.origin);
  if (hostname === 'localhost' || hostname.endsWith('.localhost') || ADDRESS.test(hostname)) return true;
  throw new PageSwarmError(
    'FORBIDDEN',
    'A web page may change something here under the name localhost or an address; under another name only with PAGESWARM_ADMIN_TOKEN',
  );
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

function isLoopback(address: string): boolean {
  const plain = plainAddress(address);
  return plain === '::1' || plain.startsWith('127.');
}
