import type { MessageHandler } from '@nestjs/microservices';
import { PageSwarmError } from '@pageswarm/primitives';
import { isObservable, lastValueFrom } from 'rxjs';
import { answer } from './answer.ts';
import type { Connection } from './connection.ts';
import { mapError } from './error-shape.ts';
import type { MessagePayload } from './message-json.ts';
import type { PatternTable, RouteHandler } from './pattern-table.ts';
import type { ServerStream } from './server-stream.ts';
import type { RequestDispatcher } from './server-streams.ts';
import { SwarmContext } from './swarm-context.ts';
import type { TransportLogger } from './transport-logger.ts';

/** Nest's processing hooks around one message. */
export interface ProcessingHooks {
  /** False while nobody has set a hook: then they need not be run. */
  readonly inUse: boolean;
  /** `run` calls back when the message is done. */
  run(context: SwarmContext, run: (done: () => void) => Promise<void>): void;
}

const NEVER_ABORTED = new AbortController().signal;

/** Runs handlers for what the connections of a server receive, and sends what they return. */
export class RequestRunner implements RequestDispatcher {
  constructor(
    private readonly patterns: PatternTable,
    private readonly logger: TransportLogger,
    private readonly hooks: ProcessingHooks,
  ) {}

  request(stream: ServerStream, data: unknown): void {
    const route = this.patterns.routeOf(stream.pattern);
    if (route) {
      this.runRoute(route, stream, data);
      return;
    }
    const handler = this.patterns.handlerOf(stream.pattern);
    if (handler) {
      const context = new SwarmContext(stream);
      if (this.hooks.inUse)
        this.hooks.run(context, async (done) => {
          await this.runHandler(handler, stream, data, context);
          done();
        });
      else void this.runHandler(handler, stream, data, context);
      return;
    }
    stream.fail(new PageSwarmError('UNKNOWN_PATTERN', `Nothing here answers "${stream.pattern.slice(0, 80)}"`));
    stream.handled();
  }

  async event(message: MessagePayload, connection: Connection): Promise<void> {
    const { pattern, data, metadata } = message;
    const { remote: peer, remoteAddress } = connection;
    const context = new SwarmContext({ pattern, metadata, peer, remoteAddress, signal: NEVER_ABORTED });
    try {
      const route = this.patterns.routeOf(pattern);
      const handler = this.patterns.handlerOf(pattern);
      if (route) await route({ data, context });
      else if (handler) await this.runEventHandler(handler, data, context);
      else this.logger.debug?.(`Nothing here takes the event "${pattern.slice(0, 80)}"`);
    } catch (error) {
      this.logger.error(error);
    }
  }

  private runRoute(route: RouteHandler, stream: ServerStream, data: unknown): void {
    try {
      void this.settle(stream, route({ data, context: new SwarmContext(stream) }));
    } catch (error) {
      this.failed(stream, error);
    }
  }

  private runHandler(handler: MessageHandler, stream: ServerStream, data: unknown, context: SwarmContext): Promise<void> | undefined {
    try {
      return this.settle(stream, handler(data, context));
    } catch (error) {
      this.failed(stream, error);
      return undefined;
    }
  }

  /** Answers with what a handler returned; resolves when all was handed over, at once (undefined) if it was. */
  private settle(stream: ServerStream, result: unknown): Promise<void> | undefined {
    if (isPromise(result))
      return result.then(
        (value) => this.finish(stream, value),
        (error) => this.failed(stream, error),
      );
    return this.finish(stream, result);
  }

  private finish(stream: ServerStream, result: unknown): Promise<void> | undefined {
    try {
      const sent = answer(stream, result);
      if (sent !== undefined)
        return sent.then(
          () => stream.handled(),
          (error) => this.failed(stream, error),
        );
      stream.handled();
    } catch (error) {
      this.failed(stream, error);
    }
    return undefined;
  }

  /** Failures of event handlers were logged by Nest and have nowhere to go. */
  private runEventHandler(handler: MessageHandler, data: unknown, context: SwarmContext): Promise<void> {
    return new Promise((resolve) => {
      this.hooks.run(context, async (done) => {
        try {
          const result: unknown = await handler(data, context);
          if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
        } catch (error) {
          this.logger.debug?.(error);
        } finally {
          done();
          resolve();
        }
      });
    });
  }

  private failed(stream: ServerStream, thrown: unknown): void {
    if (!stream.isOver) {
      const { error, isUnexpected } = mapError(thrown);
      if (isUnexpected) this.logger.error(thrown);
      stream.fail(error);
    }
    stream.handled();
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as Promise<unknown>).then === 'function';
}
