import type { MessagePort } from 'node:worker_threads';
import type { Catalog } from '../catalog/catalog.ts';
import { TextsWriter } from './document-texts.ts';
import type { TextsMessage, TextsRead } from './restoring-order.ts';

/** Texts that the thread which reads names may have before it, in bytes; whoever sends more waits. */
export const MAX_TEXTS_AHEAD_BYTES = 16_777_216;
/** Texts that are sent at once, in bytes. */
const TEXTS_TOGETHER_BYTES = 65_536;

/** Sends the texts of the documents of a catalog, in the order of their slots, to the thread that reads names. */
export class TextsSender {
  private readonly writer = new TextsWriter();
  private slot = 0;
  private ahead = 0;
  private isAlone = false;
  private wake = () => {};

  constructor(
    private readonly catalog: Catalog,
    private readonly port: MessagePort,
  ) {
    port.on('message', ({ read }: TextsRead) => {
      this.ahead -= read;
      this.wake();
    });
    port.unref();
    // Without the other thread names are read by whoever takes the catalog over.
    port.once('close', () => {
      this.isAlone = true;
      this.wake();
    });
  }

  /** Those of documents that came since the last time, when they are many enough. */
  async send(): Promise<void> {
    const { catalog, writer } = this;
    for (; this.slot < catalog.slotEnd; this.slot++) writer.add(this.slot, catalog);
    if (writer.length >= TEXTS_TOGETHER_BYTES) this.post();
    while (this.ahead > MAX_TEXTS_AHEAD_BYTES && !this.isAlone)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
  }

  /** All documents have come: the other thread goes on with their names while they are settled here. */
  end(): void {
    this.post();
    this.port.postMessage({ isAll: true } satisfies TextsMessage);
  }

  /** They are settled, and those in the slots `gone` are gone again. */
  settle(gone: readonly number[]): void {
    this.port.postMessage({ gone } satisfies TextsMessage);
  }

  private post(): void {
    const texts = this.writer.take();
    this.ahead += texts.length;
    this.port.postMessage({ texts } satisfies TextsMessage, [texts.buffer]);
  }
}
