/** How several nodes are asked for one thing. */
export interface TurnOptions {
  /** How long who was asked last may show no sign of life before the next is asked beside it, in milliseconds. */
  readonly patienceMs: number;
  /** Ends the asking. */
  readonly signal?: AbortSignal;
}

/** What somebody who is asked is given. */
export interface Turn {
  /** Aborts as soon as nobody needs the answer any more. */
  readonly signal: AbortSignal;
  /** Says that something came: whoever answers slowly is left the time for it. */
  alive(): void;
}

/**
 * Asks candidates in order until one answers: the next one when one fails, and beside it when it stays silent, as RFC 8305
 * (section 5) does with addresses. The first answer ends all other asking.
 * @throws AggregateError of all failures in the order in which they came; the reason of `signal` once that aborts
 */
export async function askInTurns<Candidate, Answer>(
  candidates: readonly Candidate[],
  ask: (candidate: Candidate, turn: Turn) => Promise<Answer>,
  { patienceMs, signal }: TurnOptions,
): Promise<Answer> {
  signal?.throwIfAborted();
  const end = new AbortController();
  const failures: unknown[] = [];
  let asked = 0;
  let patience: NodeJS.Timeout | undefined;
  const stop = () => end.abort(signal?.reason);
  signal?.addEventListener('abort', stop, { once: true });
  try {
    return await new Promise<Answer>((resolve, reject) => {
      end.signal.addEventListener('abort', () => reject(end.signal.reason), { once: true });
      const askNext = (): void => {
        clearTimeout(patience);
        if (failures.length === candidates.length) reject(new AggregateError(failures, 'Nobody answered'));
        if (end.signal.aborted || asked === candidates.length) return;
        const turn = ++asked;
        const alive = (): void => {
          if (turn !== asked || end.signal.aborted) return;
          clearTimeout(patience);
          patience = setTimeout(askNext, patienceMs);
        };
        alive();
        ask(candidates[turn - 1] as Candidate, { signal: end.signal, alive }).then(resolve, (error) => {
          failures.push(error);
          askNext();
        });
      };
      askNext();
    });
  } finally {
    clearTimeout(patience);
    signal?.removeEventListener('abort', stop);
    end.abort();
  }
}
