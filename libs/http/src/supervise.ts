import type { Logger } from '@pageswarm/observability';
import { isPageSwarmError } from '@pageswarm/primitives';
import type { RunningService } from './run-service.ts';

/** Time beyond the grace that a service may take to close before the process ends anyway, in milliseconds. */
const CLOSE_MARGIN_MS = 3_000;

/**
 * Runs a service as the whole purpose of this process: tells a parent process when it is up, closes it cleanly on
 * SIGINT, SIGTERM or when the parent is gone, and ends with 1 and one clear line when it cannot start.
 */
export async function supervise(start: () => Promise<{ service: RunningService; logger: Logger; graceMs: number }>): Promise<void> {
  let running: Awaited<ReturnType<typeof start>>;
  try {
    running = await start();
  } catch (error) {
    process.stderr.write(`${describeStartFailure(error)}\n`);
    process.exit(1);
  }
  const { service, logger, graceMs } = running;
  let closing = false;
  const stop = (reason: string): void => {
    if (closing) return;
    closing = true;
    logger.info({ reason }, 'shutting down');
    const timer = setTimeout(() => {
      logger.warn('did not close in time');
      process.exit(1);
    }, graceMs + CLOSE_MARGIN_MS);
    timer.unref();
    service.close().then(
      () => process.exit(0),
      (error) => {
        logger.error({ err: error }, 'closing failed');
        process.exit(1);
      },
    );
  };
  process.once('SIGINT', () => stop('SIGINT'));
  process.once('SIGTERM', () => stop('SIGTERM'));
  process.once('disconnect', () => stop('the parent process is gone'));
  process.on('unhandledRejection', (error) => logger.error({ err: error }, 'unhandled rejection'));
  process.send?.({ type: 'ready', http: service.http, transport: service.transport });
}

/** One line for whoever started the process; a stack only for what nobody expected. */
export function describeStartFailure(error: unknown): string {
  if (isPageSwarmError(error)) return `${error.code}: ${error.message}`;
  const { code, address, port, path, message } = error as NodeJS.ErrnoException & { address?: string; port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} on ${address} is taken: stop what runs there, or choose another port`;
  if (code !== undefined && path !== undefined) return `A file or folder cannot be used, look at PAGESWARM_DATA_DIR: ${message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
