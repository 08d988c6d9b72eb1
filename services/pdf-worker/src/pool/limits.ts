/** A job may compute for this many times the no-progress limit in all, however much progress it shows. */
export const JOB_TIME_CAP_FACTOR = 30;
/** How often the time and the memory of a running job are looked at, in milliseconds. */
export const JOB_WATCH_INTERVAL_MS = 100;
/** The most bytes that one job may answer with. */
export const MAX_JOB_OUTPUT_BYTES = 268_435_456;
/** The most bytes of the JSON value that a job answers with; 100,000 pages need well under one of these. */
export const MAX_JOB_VALUE_BYTES = 4_194_304;
/** The most bytes that a child asks for in one read. */
export const MAX_CHILD_READ_BYTES = 1_048_576;
/** The most bytes in one piece of output on the pipe. */
export const MAX_OUTPUT_CHUNK_BYTES = 262_144;
/** Jobs after which a child is replaced: whatever a library leaks, it leaks for this long at most. */
export const MAX_JOBS_PER_CHILD = 500;
/** A child that holds more than this share of the job memory after a job is replaced: WebAssembly memory never shrinks. */
export const RECYCLE_MEMORY_SHARE = 0.5;
/** Share of the job memory that V8's own heap may take; the rest is for WebAssembly and buffers. */
export const HEAP_MEMORY_SHARE = 0.75;
/** Children beyond the pool size that are started when a person waits and every child is busy with background work. */
export const MAX_EXTRA_CHILDREN = 1;
/** How long an extra child may idle before it is let go, in milliseconds. */
export const EXTRA_CHILD_IDLE_MS = 10_000;
/** How long a child may take to start before it is given up, in milliseconds. */
export const CHILD_START_TIMEOUT_MS = 30_000;
/** The pause after a child that died before it was ready, in milliseconds, so that a broken install does not spin. */
export const CHILD_RESTART_DELAY_MS = 1_000;
/** How often a child's guard thread looks after its parent and its memory, in milliseconds. */
export const GUARD_INTERVAL_MS = 500;
/** The last bytes of a child's standard error that are kept for the log. */
export const MAX_CHILD_STDERR_BYTES = 8_192;
