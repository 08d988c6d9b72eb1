import type { Logger } from '@pageswarm/observability';
import type { ThreadReport } from './restoring-order.ts';

/** Warnings of a thread that has no log of its own. */
export function loggerOfThread(tell: (report: ThreadReport) => void): Logger {
  const warn = (facts: unknown, text: string) => tell({ kind: 'warning', facts, text });
  return { debug: () => {}, info: () => {}, warn, error: warn } as unknown as Logger;
}
