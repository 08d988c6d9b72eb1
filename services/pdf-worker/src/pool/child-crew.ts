import type { Clock } from '@pageswarm/primitives';
import { CHILD_RESTART_DELAY_MS, CHILD_START_TIMEOUT_MS, EXTRA_CHILD_IDLE_MS, MAX_EXTRA_CHILDREN } from './limits.ts';
import { PdfChild } from './pdf-child.ts';

export interface ChildCrewOptions {
  readonly script: URL;
  /** Children that there are always. */
  readonly size: number;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly maxOutputBytes?: number;
  /** @default CHILD_START_TIMEOUT_MS */
  readonly startTimeoutMs?: number;
  /** @default EXTRA_CHILD_IDLE_MS */
  readonly extraIdleMs?: number;
  readonly clock: Clock;
}

/** Whoever gives the children their work. */
export interface CrewListener {
  /** A child can take a job. */
  childReady(): void;
  /** A child is gone before it could take a job. @param complaint the end of its standard error */
  childStillborn(complaint: string): void;
}

/** The child processes of a pool: as many as it shall have, whatever becomes of them, and for a while an extra one. */
export class ChildCrew {
  private readonly children = new Set<PdfChild>();
  private readonly extras = new Map<PdfChild, NodeJS.Timeout | undefined>();
  private readonly starting = new Map<PdfChild, NodeJS.Timeout>();
  private restartTimer: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(
    private readonly options: ChildCrewOptions,
    private readonly listener: CrewListener,
  ) {}

  /** Starts what is missing. */
  refill(): void {
    while (!this.closed && this.children.size - this.extras.size < this.options.size) this.startChild(false);
  }

  /** Children that can work or do so. */
  get ready(): number {
    return [...this.children].filter(({ ready, spent }) => ready && !spent).length;
  }

  /** Children that wait for a job, those of the pool before an extra one. */
  *idle(): Generator<PdfChild> {
    for (const child of this.children) if (child.ready && !child.busy && !child.spent) yield child;
  }

  isExtra(child: PdfChild): boolean {
    return this.extras.has(child);
  }

  /** One more child for a while, unless there is one or a child is just starting. */
  startExtra(): void {
    if (this.extras.size < MAX_EXTRA_CHILDREN && this.starting.size === 0) this.startChild(true);
  }

  /** A child has got a job. */
  took(child: PdfChild): void {
    clearTimeout(this.extras.get(child));
  }

  /** A child has ended its job. */
  ended(child: PdfChild): void {
    if (!this.extras.has(child) || child.spent) return;
    this.extras.set(
      child,
      setTimeout(() => child.kill(), this.options.extraIdleMs ?? EXTRA_CHILD_IDLE_MS),
    );
  }

  /** Ends every child and starts none any more. @param kill ends one, and its job */
  close(kill: (child: PdfChild) => void): void {
    this.closed = true;
    clearTimeout(this.restartTimer);
    for (const child of this.children) kill(child);
  }

  private startChild(extra: boolean): void {
    const { script, timeoutMs, memoryBytes, maxOutputBytes, clock, startTimeoutMs = CHILD_START_TIMEOUT_MS } = this.options;
    const child: PdfChild = new PdfChild({
      script,
      timeoutMs,
      memoryBytes,
      maxOutputBytes,
      clock,
      onReady: () => {
        clearTimeout(this.starting.get(child));
        this.starting.delete(child);
        this.ended(child);
        this.listener.childReady();
      },
      onExit: () => this.onExit(child),
    });
    this.children.add(child);
    if (extra) this.extras.set(child, undefined);
    this.starting.set(
      child,
      setTimeout(() => child.kill(), startTimeoutMs),
    );
  }

  private onExit(child: PdfChild): void {
    clearTimeout(this.starting.get(child));
    clearTimeout(this.extras.get(child));
    this.starting.delete(child);
    this.extras.delete(child);
    this.children.delete(child);
    if (this.closed) return;
    if (child.ready) {
      this.refill();
      return;
    }
    // It died before it could work, so the next one may well do the same: slowly, then.
    this.listener.childStillborn(child.complaint);
    clearTimeout(this.restartTimer);
    this.restartTimer = setTimeout(() => this.refill(), CHILD_RESTART_DELAY_MS);
  }
}
