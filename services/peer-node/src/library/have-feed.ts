import { type IndexRange, toIndexRanges } from '@pageswarm/primitives';

/** How long verified pieces are gathered before watchers are told, in milliseconds. */
export const HAVE_BATCH_MS = 50;

/** Tells whoever listens which pieces of one document have just been stored. */
export class HaveFeed {
  private readonly listeners = new Set<(piece: number) => void>();

  stored(piece: number): void {
    for (const listener of this.listeners) listener(piece);
  }

  /** @returns how to stop listening */
  subscribe(listener: (piece: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Batches of the pieces that are stored from this call on, until `signal` aborts. */
  watch(signal: AbortSignal): AsyncGenerator<IndexRange[]> {
    const watcher = new Watcher(signal);
    const unsubscribe = this.subscribe((piece) => watcher.add(piece));
    return watcher.batches(unsubscribe);
  }
}

class Watcher {
  private fresh: number[] = [];
  private wake: (() => void) | undefined;

  constructor(private readonly signal: AbortSignal) {}

  add(piece: number): void {
    this.fresh.push(piece);
    this.wake?.();
  }

  async *batches(unsubscribe: () => void): AsyncGenerator<IndexRange[]> {
    const rouse = (): void => this.wake?.();
    this.signal.addEventListener('abort', rouse);
    try {
      while (!this.signal.aborted) {
        if (this.fresh.length === 0) await new Promise<void>((resolve) => (this.wake = resolve));
        if (this.signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, HAVE_BATCH_MS));
        const batch = toIndexRanges(this.fresh);
        this.fresh = [];
        if (batch.length > 0) yield batch;
      }
    } finally {
      unsubscribe();
      this.signal.removeEventListener('abort', rouse);
    }
  }
}
