import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import type { Logger } from '@pageswarm/observability';
import { addressBytes } from '@pageswarm/primitives';
import { HEAD_ROOM, type HttpTracker } from './http-tracker.ts';
import { headOf, PATHS, type RequestHead, readHead } from './request-head.ts';

/** How long a connection may be silent before it is closed, in milliseconds. */
export const SILENT_CONNECTION_MS = 72_000;

type Socket = IncomingMessage['socket'];
type ConnectionListener = (this: Server, socket: Socket) => void;

/** What Fastify tells about the server that it wants. */
export interface DoorOptions {
  readonly http?: ServerOptions;
  readonly keepAliveTimeout?: number;
  readonly requestTimeout?: number;
  readonly connectionTimeout?: number;
}

/**
 * The HTTP server of the tracker: announces and scrapes are answered before they become requests, everything else is
 * Fastify's. Most of what an announce costs otherwise is making a request and a response of it: on a kept connection a
 * whole GET is recognised in the bytes that arrived, and its answer is one write. Whatever is not plainly that, a part of
 * a head, a body, another method, an odd header, goes to Node's own parser with all that it must be careful about.
 */
export class HttpDoor {
  /** Connections that Node's parser has not taken over. */
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly tracker: HttpTracker,
    private readonly logger: Logger,
  ) {}

  /** A factory as Fastify takes it. */
  readonly serverFactory = (handler: RequestListener, options: DoorOptions): Server => {
    const server = createServer(options.http ?? {}, (request, response) => {
      if (!this.answerParsed(request, response)) handler(request, response);
    });
    server.keepAliveTimeout = options.keepAliveTimeout ?? SILENT_CONNECTION_MS;
    server.requestTimeout = options.requestTimeout ?? server.requestTimeout;
    server.setTimeout(options.connectionTimeout ?? 0);
    const parsers = server.listeners('connection') as ConnectionListener[];
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => this.receive(socket, () => parsers.forEach((parse) => void parse.call(server, socket))));
    for (const close of ['closeAllConnections', 'closeIdleConnections'] as const) {
      const others = server[close].bind(server);
      // Each of these connections has its answer before the next event, so all of them are idle.
      server[close] = () => {
        for (const socket of this.sockets) socket.destroy();
        others();
      };
    }
    return server;
  };

  private receive(socket: Socket, parse: () => void): void {
    const sender = addressBytes(socket.remoteAddress ?? '');
    const answerAll = (bytes: Buffer) => {
      const rest = this.answerSafely(socket, bytes, sender);
      if (rest === 0) return;
      leave();
      socket.pause();
      if (rest > 0) socket.unshift(bytes.subarray(bytes.length - rest));
      parse();
      socket.resume();
    };
    const end = () => void socket.end();
    const destroy = () => void socket.destroy();
    const close = () => void this.sockets.delete(socket);
    const drained = () => void socket.resume();
    const leave = () => {
      close();
      socket.setTimeout(0);
      socket.off('data', answerAll).off('end', end).off('timeout', destroy).off('error', destroy).off('close', close).off('drain', drained);
    };
    this.sockets.add(socket);
    socket.setTimeout(SILENT_CONNECTION_MS);
    socket.on('data', answerAll).on('end', end).on('timeout', destroy).on('error', destroy).on('close', close).on('drain', drained);
  }

  /** An error that nobody foresaw ends the connection that met it, and not the process. */
  private answerSafely(socket: Socket, bytes: Buffer, sender: Buffer | undefined): number {
    try {
      return this.answerWhole(socket, bytes, sender);
    } catch (error) {
      this.logger.error({ err: error }, 'an announce or scrape could not be answered');
      socket.destroy();
      return 0;
    }
  }

  /**
   * Answers the announces and scrapes at the beginning of what arrived.
   * @returns how many bytes at its end are something else
   */
  private answerWhole(socket: Socket, bytes: Buffer, sender: Buffer | undefined): number {
    let at = 0;
    while (at < bytes.length) {
      const head = readHead(bytes, at);
      if (!head) return bytes.length - at;
      const body = this.answer(head, bytes, sender);
      const text = headOf(body.length - HEAD_ROOM, head.isLast);
      const start = HEAD_ROOM - text.length;
      body.write(text, start, 'latin1');
      const hasRoom = socket.write(body.subarray(start));
      if (head.isLast) {
        socket.end();
        return 0;
      }
      // Whoever does not read its answers is not listened to.
      if (!hasRoom) socket.pause();
      at = head.end;
    }
    return 0;
  }

  /** The same for what came through Node's parser: the beginning of a connection in parts, a close, an old protocol. */
  private answerParsed(request: IncomingMessage, response: ServerResponse): boolean {
    const { method, url = '' } = request;
    const path = PATHS.find((name) => url.startsWith(name) && (url.length === name.length || url[name.length] === '?'));
    if (method !== 'GET' || path === undefined) return false;
    const bytes = Buffer.from(url, 'latin1');
    const query = { path, from: Math.min(path.length + 1, bytes.length), to: bytes.length };
    const body = this.answer(query, bytes, addressBytes(request.socket.remoteAddress ?? '')).subarray(HEAD_ROOM);
    response.writeHead(200, { 'content-type': 'text/plain', 'cache-control': 'no-store', 'content-length': body.length });
    response.end(body);
    return true;
  }

  private answer({ path, from, to }: Pick<RequestHead, 'path' | 'from' | 'to'>, bytes: Buffer, sender: Buffer | undefined): Buffer {
    return path === '/announce' ? this.tracker.announce(bytes, from, to, sender) : this.tracker.scrape(bytes, from, to);
  }
}
