import type { MessagePort } from 'node:worker_threads';
import { type Movable, memoryOf } from '../columns/movable.ts';
import type { Turn } from '../columns/pace.ts';

/** Asks for the next part of what moves. */
export const NEXT_PART = 'next';
/** The answer. */
export interface PartAnswer {
  readonly kind: 'part';
  readonly parts: unknown;
}

/** Hands tables over to another thread, each part when it is asked for, so that whoever takes them has turns in between. */
export function handOverTables(port: MessagePort, movables: readonly Movable[]): void {
  let next = 0;
  port.on('message', (message) => {
    const movable = movables[next];
    if (message !== NEXT_PART || !movable) return;
    next++;
    const parts = movable.handOver();
    port.postMessage({ kind: 'part', parts } satisfies PartAnswer, memoryOf(parts));
  });
}

/** Takes over tables that another thread handed over; both have them in the same order. */
export async function takeOverTables(tables: readonly unknown[], movables: readonly Movable[], turn: Turn): Promise<void> {
  for (const [n, movable] of movables.entries()) {
    await movable.takeOver(tables[n] as never, turn);
    await turn();
  }
}
