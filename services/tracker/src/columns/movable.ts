import type { Turn } from './pace.ts';

/**
 * A part of a table that moves from the thread that filled it to one that was made in the same way in another thread.
 * Memory moves or is shared and is not copied, so that a million documents change hands in a few milliseconds.
 */
export interface Movable {
  /** Arrays of numbers and plain values around them. What is moved is of no use any more where it was. */
  handOver(): unknown;
  /** Puts what another one handed over in the place of what it holds; what takes long is done in turns. */
  takeOver(parts: never, turn: Turn): Promise<void> | void;
}

/** The memory that moves with what was handed over; what threads share anyway does not move. */
export function memoryOf(parts: unknown, found: ArrayBuffer[] = []): ArrayBuffer[] {
  if (ArrayBuffer.isView(parts)) {
    if (parts.buffer instanceof ArrayBuffer) found.push(parts.buffer);
  } else if (Array.isArray(parts)) {
    // Long lists hold numbers alone.
    if (typeof parts[0] === 'object') for (const part of parts) memoryOf(part, found);
  } else if (typeof parts === 'object' && parts !== null) for (const part of Object.values(parts)) memoryOf(part, found);
  return found;
}
