/** A file of which so much was written since is synced while writing goes on, in bytes: the sync at the end then has little to do. */
export const SYNC_STEP_BYTES = 33_554_432;

/** Brings what is written to the disk itself while more is being written, one sync at a time. */
export class BackgroundSync {
  private unsyncedBytes = 0;
  private running: Promise<void> | undefined;
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly sync: () => Promise<void>) {}

  written(bytes: number): void {
    this.unsyncedBytes += bytes;
    if (this.unsyncedBytes >= SYNC_STEP_BYTES) this.begin();
  }

  /** Begins with what is written, however little: nothing more will come for a while, and {@link finish} may follow. */
  begin(): void {
    if (this.unsyncedBytes === 0 || this.running !== undefined) return;
    this.unsyncedBytes = 0;
    this.running = this.sync()
      .catch((error: unknown) => {
        // The system tells a failed sync once: the next would succeed, although bytes got lost.
        this.failure ??= { error };
      })
      .finally(() => {
        this.running = undefined;
      });
  }

  /** Waits for the sync that runs. */
  async idle(): Promise<void> {
    await this.running;
  }

  /** Resolves when all that was written is on the disk itself. Rejects once for every sync in the background that failed. */
  async finish(): Promise<void> {
    await this.running;
    const { failure } = this;
    this.failure = undefined;
    if (failure) throw failure.error;
    this.unsyncedBytes = 0;
    await this.sync();
  }
}
