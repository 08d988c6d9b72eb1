import { type ErrorCode, PageSwarmError } from '@pageswarm/primitives';

/** Errors that are the document's own fault: they are told about it and do not make the request fail. */
const DOCUMENT_CODES: readonly ErrorCode[] = ['PDF_UNREADABLE', 'PDF_PASSWORD', 'PDF_TIMEOUT', 'PDF_MEMORY', 'PDF_CRASH'];

export function isDocumentProblem(code: ErrorCode): boolean {
  return DOCUMENT_CODES.includes(code);
}

/** How a child left: what `exit` of a child process reports, and the end of its standard error. */
export interface ChildExit {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
}

/** The signal that a child's guard thread ends it with when it holds too much memory; a parent without /proc relies on it. */
export const MEMORY_SIGNAL: NodeJS.Signals = 'SIGUSR2';

/** The error of a job whose child left by itself. V8 aborts when its heap is full and says so on standard error. */
export function problemOfExit({ exitCode, signal, stderr }: ChildExit): PageSwarmError {
  if (signal === MEMORY_SIGNAL || /heap out of memory|heap limit|allocation failed/i.test(stderr))
    return new PageSwarmError('PDF_MEMORY', 'This PDF needs more memory than a job may have');
  const how = signal ? `signal ${signal}` : `exit code ${exitCode}`;
  return new PageSwarmError('PDF_CRASH', `A PDF library died on this PDF (${how})`);
}
