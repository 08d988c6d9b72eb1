import type { PipedDocument } from './piped-document.ts';

/** What a job has to work with inside a child. */
export interface JobSurroundings {
  readonly document: PipedDocument;
  /** Resident bytes that the process may hold. */
  readonly memoryBytes: number;
  /** Tells the parent that the job is getting on; without it for the time limit, the job is killed. */
  progress(): void;
  /**
   * Hands over what the job has by now: it is the job's answer if the rest kills the process or fails. The answer at the end has
   * a value of its own; output that was handed over here comes before its output.
   */
  keep(answer: JobAnswer<unknown>): void;
}

export interface JobAnswer<Value> {
  readonly value: Value;
  readonly output?: Uint8Array;
}

/** A job's code. Its parameters come from our own parent, which has checked them. */
export type JobRunner = (params: never, surroundings: JobSurroundings) => Promise<JobAnswer<unknown>>;
