import type { ErrorShape } from '@pageswarm/primitives';
import type { ExtractParams, ExtractValue } from '../extract/extract-job.ts';
import type { JoinParams, JoinValue } from '../extract/join-job.ts';
import type { MapParams, MapValue } from '../inspect/map-job.ts';
import type { TextParams, TextValue } from '../inspect/text-job.ts';
import type { RenderParams, RenderValue } from '../render/render-job.ts';

/** Every kind of work that a child process does: what goes in, what comes out beside the output bytes. */
export interface PdfJobs {
  readonly map: { readonly params: MapParams; readonly value: MapValue };
  readonly text: { readonly params: TextParams; readonly value: TextValue };
  readonly extract: { readonly params: ExtractParams; readonly value: ExtractValue };
  readonly join: { readonly params: JoinParams; readonly value: JoinValue };
  readonly render: { readonly params: RenderParams; readonly value: RenderValue };
}

export type JobKind = keyof PdfJobs;
export const JOB_KINDS = ['map', 'text', 'extract', 'join', 'render'] as const satisfies readonly JobKind[];

/** What the parent sends over the IPC channel to begin a job. Everything that the child says goes over the pipe. */
export interface JobOrder {
  readonly kind: string;
  readonly params: unknown;
  /** Size of the document in bytes. */
  readonly size: number;
  /** Names the document and where it is read, if the next job may be about the same. */
  readonly document?: string;
  /** Alignment of the child's reads in bytes: a power of two, the piece length or less. */
  readonly blockBytes: number;
}

/** What a child is told at its start, as its one argument. */
export interface ChildOptions {
  readonly parentPid: number;
  readonly memoryBytes: number;
}

export interface JobResult<Value> {
  readonly value: Value;
  readonly output: Uint8Array;
}

/** How a job ended badly. A spent child must not take another job. */
export interface JobFailure {
  readonly error: ErrorShape;
  readonly spent: boolean;
}
