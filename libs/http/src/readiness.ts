/** One thing that a service needs to be useful, by name. */
export interface ReadinessCheck {
  readonly name: string;
  /** A service that is not ready because of an `essential` check answers 503; others are only shown. */
  readonly essential: boolean;
  check(): { readonly ok: boolean; readonly detail: string };
}

/** What `/readyz` says: ready while every essential check is ok and the service is not shutting down. */
export class Readiness {
  private readonly checks: ReadinessCheck[] = [];
  private leaving = false;

  add(check: ReadinessCheck): void {
    this.checks.push(check);
  }

  /** From now on the service is not ready, so that nobody sends it new work while it ends what it has. */
  leave(): void {
    this.leaving = true;
  }

  report(): { readonly ready: boolean; readonly checks: Record<string, { ok: boolean; detail: string }> } {
    const checks = Object.fromEntries(this.checks.map((check) => [check.name, check.check()]));
    const ready = !this.leaving && this.checks.every(({ essential, name }) => !essential || checks[name]?.ok === true);
    return { ready, checks };
  }
}
