import type { MessageHandler } from '@nestjs/microservices';
import { PageSwarmError } from '@pageswarm/primitives';
import type { SwarmContext } from './swarm-context.ts';

export interface RouteRequest<Data = unknown> {
  readonly data: Data;
  readonly context: SwarmContext;
}

/** A handler that skips Nest's pipeline. It may return whatever a Nest handler may. */
export type RouteHandler<Data = unknown> = (request: RouteRequest<Data>) => unknown;

/** Who answers which pattern. Built before listen, then only looked up. */
export class PatternTable {
  private readonly routes = new Map<string, RouteHandler>();
  private readonly handlers = new Map<string, MessageHandler>();
  private readonly messagePatterns = new Set<string>();
  private readonly eventPatterns = new Set<string>();
  private readonly noted = new Map<MessageHandler, string>();
  private readonly duplicates = new Set<string>();

  addRoute(pattern: string, handler: RouteHandler): void {
    if (this.routes.has(pattern)) this.duplicates.add(pattern);
    this.routes.set(pattern, handler);
  }

  /** Remembers a Nest handler before Nest's own table, which silently lets the last message handler win, takes it. */
  noteHandler(pattern: string, handler: MessageHandler, isEvent: boolean): void {
    if (this.noted.get(handler) === pattern) return;
    this.noted.set(handler, pattern);
    const clashes = isEvent ? this.messagePatterns.has(pattern) : this.messagePatterns.has(pattern) || this.eventPatterns.has(pattern);
    if (clashes) this.duplicates.add(pattern);
    (isEvent ? this.eventPatterns : this.messagePatterns).add(pattern);
  }

  /** The head of the handlers of a pattern, as Nest's table has it. */
  setHandler(pattern: string, handler: MessageHandler): void {
    this.handlers.set(pattern, handler);
  }

  routeOf(pattern: string): RouteHandler | undefined {
    return this.routes.get(pattern);
  }

  handlerOf(pattern: string): MessageHandler | undefined {
    return this.handlers.get(pattern);
  }

  /** @throws PageSwarmError INVALID_CONFIGURATION naming the patterns that more than one handler answers */
  verify(): void {
    const twice = [...this.duplicates, ...[...this.routes.keys()].filter((pattern) => this.handlers.has(pattern))];
    if (twice.length > 0)
      throw new PageSwarmError(
        'INVALID_CONFIGURATION',
        `More than one handler answers ${twice.map((pattern) => `"${pattern}"`).join(', ')}`,
      );
  }
}
