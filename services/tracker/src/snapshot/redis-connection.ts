import type { Duplex } from 'node:stream';
import type { Logger } from '@pageswarm/observability';
import { type ChainableCommander, Redis } from 'ioredis';

/** Commands that happen together or not at all. */
export type RedisTransaction = ChainableCommander;

/** How long Redis may take to connect, and to answer one command, in milliseconds. */
export const REDIS_CONNECT_TIMEOUT_MS = 2_000;
export const REDIS_COMMAND_TIMEOUT_MS = 3_000;
/** The longest wait between two attempts to connect, in milliseconds. */
export const REDIS_RECONNECT_MS = 2_000;

/** What Redis answers while it cannot do what it will be able to do soon. */
const PASSING_ANSWERS = /^(?:LOADING|BUSY|TRYAGAIN|MASTERDOWN|CLUSTERDOWN)\b/;

/** Whether a failure is one of the moment: no answer, no connection, a server that still loads. Other answers stay as they are. */
export function isPassing(error: unknown): boolean {
  const { name, message } = error as Partial<Error>;
  return name === 'ReplyError' ? PASSING_ANSWERS.test(message ?? '') : !OWN_MISTAKES.has(name ?? '');
}

/** Errors of a program and not of a connection: another try would make the same mistake, and hide it. */
const OWN_MISTAKES: ReadonlySet<string> = new Set(['TypeError', 'RangeError', 'ReferenceError']);

/** One connection to Redis. While Redis is away every command fails at once; the client reconnects by itself. */
export class RedisConnection {
  readonly commands: Redis;

  constructor(url: string, logger: Logger) {
    this.commands = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      connectTimeout: REDIS_CONNECT_TIMEOUT_MS,
      commandTimeout: REDIS_COMMAND_TIMEOUT_MS,
      maxRetriesPerRequest: 0,
      retryStrategy: (attempt) => Math.min(attempt * 100, REDIS_RECONNECT_MS),
    });
    this.commands.on('error', (error) => logger.debug({ err: error }, 'Redis connection'));
  }

  /** The first use connects. */
  async connected(): Promise<Redis> {
    if (this.commands.status === 'wait') await this.commands.connect();
    return this.commands;
  }

  /** Tells one run of the server from the next, which knows nothing of cursors that this one gave. */
  async runId(): Promise<string> {
    const info = await (await this.connected()).info('server');
    return /^run_id:(\S+)/m.exec(info)?.[1] ?? '';
  }

  /**
   * The connection itself, open and with its user and database chosen, for somebody who speaks to Redis without this
   * client. It is of no use for commands any more until {@link reconnect}.
   */
  async takeStream(): Promise<Duplex> {
    const { stream } = (await this.connected()) as unknown as { readonly stream: Duplex };
    stream.removeAllListeners('data');
    return stream;
  }

  /** Begins a connection in the place of the present one. */
  reconnect(): void {
    this.commands.disconnect(true);
  }

  /** Several commands at once, all or none. @throws the first that Redis refuses, by Redis' own words */
  async together(fill: (transaction: RedisTransaction) => void): Promise<unknown[]> {
    const transaction = (await this.connected()).multi();
    fill(transaction);
    const results = await transaction.exec().catch((error: Error & { previousErrors?: Error[] }) => {
      // What Redis refuses while it queues the commands is told beside, for example that its memory is full.
      throw error.previousErrors?.[0] ?? error;
    });
    return (results ?? []).map(([error, result]) => {
      if (error) throw error;
      return result;
    });
  }

  close(): void {
    this.commands.disconnect();
  }
}
