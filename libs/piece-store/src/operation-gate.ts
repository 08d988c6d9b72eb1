/** Lets operations in until it closes, and closes when those inside have ended. */
export class OperationGate {
  private inside = 0;
  private isShut = false;
  private emptied: (() => void)[] = [];

  get isOpen(): boolean {
    return !this.isShut;
  }

  /** Runs the action, or throws what `refusal` makes when the gate is shut. */
  async pass<T>(refusal: () => Error, action: () => Promise<T>): Promise<T> {
    if (this.isShut) throw refusal();
    this.inside++;
    try {
      return await action();
    } finally {
      if (--this.inside === 0) for (const resolve of this.emptied.splice(0)) resolve();
    }
  }

  async close(): Promise<void> {
    this.isShut = true;
    if (this.inside > 0) await new Promise<void>((resolve) => this.emptied.push(resolve));
  }
}
