import { type ChildProcess, fork } from 'node:child_process';
import type { Duplex, Readable } from 'node:stream';
import { type ByteSource, type Clock, errorShape, PageSwarmError } from '@pageswarm/primitives';
import { FrameReader } from './frame-reader.ts';
import { problemOfExit } from './job-problem.ts';
import { JobWatch } from './job-watch.ts';
import { HEAP_MEMORY_SHARE, JOB_WATCH_INTERVAL_MS, MAX_CHILD_READ_BYTES, MAX_CHILD_STDERR_BYTES, MAX_JOB_OUTPUT_BYTES } from './limits.ts';
import type { ChildOptions, JobFailure, JobOrder, JobResult } from './pdf-job.ts';
import { encodeHeader, FRAME, type FrameHeader, PIPE_DESCRIPTOR } from './pipe-frames.ts';
import { residentBytes } from './resident-memory.ts';

export interface PdfChildOptions {
  /** The script that the child runs. */
  readonly script: URL;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly maxOutputBytes?: number;
  readonly clock: Clock;
  readonly onReady: () => void;
  readonly onExit: () => void;
}

/** A job as a child gets it. */
export interface ChildJob {
  readonly order: JobOrder;
  readonly source: ByteSource;
}

interface RunningJob {
  readonly job: ChildJob;
  readonly watch: JobWatch;
  readonly output: Uint8Array[];
  outputBytes: number;
  /** What the job has even if it fails from here on. */
  kept?: JobResult<unknown>;
  readonly resolve: (result: JobResult<unknown>) => void;
  readonly reject: (error: unknown) => void;
}

/** Errors that tell of the asker or of this service, and not of the document. */
const UNWANTED = new Set(['CANCELLED', 'GOING_AWAY']);

/** One child process: takes one job at a time, answers its reads, and kills it when it breaks a limit. */
export class PdfChild {
  /** Jobs taken so far. */
  jobs = 0;
  ready = false;
  /** True once it must not take another job. */
  spent = false;
  readonly pid: number | undefined;
  private readonly process: ChildProcess;
  private readonly pipe: Duplex;
  private stderr = '';
  private running: RunningJob | undefined;
  private verdict: PageSwarmError | undefined;
  private watching: NodeJS.Timeout | undefined;

  constructor(private readonly options: PdfChildOptions) {
    const childOptions: ChildOptions = { parentPid: process.pid, memoryBytes: options.memoryBytes };
    const heapMebibytes = Math.floor((options.memoryBytes * HEAP_MEMORY_SHARE) / 1_048_576);
    this.process = fork(options.script, [JSON.stringify(childOptions)], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${heapMebibytes}`],
      env: childEnvironment(process.env),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc', 'pipe'],
    });
    this.pid = this.process.pid;
    this.pipe = this.process.stdio[PIPE_DESCRIPTOR] as Duplex;
    const frames = new FrameReader((header, payload) => this.onFrame(header, payload));
    this.pipe.on('data', (chunk: Uint8Array) => {
      try {
        frames.push(chunk);
      } catch (cause) {
        this.kill(new PageSwarmError('PDF_CRASH', 'The process of this PDF broke the rules', { cause }));
      }
    });
    // A pipe or channel that breaks is followed by the exit of the child, which says what happened.
    this.pipe.on('error', () => undefined);
    this.process.on('error', () => this.kill());
    (this.process.stderr as Readable).on('data', (chunk: Buffer) => {
      this.stderr = (this.stderr + chunk.toString('latin1')).slice(-MAX_CHILD_STDERR_BYTES);
    });
    this.process.once('close', (exitCode, signal) => this.onClose(exitCode, signal));
  }

  get busy(): boolean {
    return this.running !== undefined;
  }

  /** What the child said on standard error last: for the log. */
  get complaint(): string {
    return this.stderr;
  }

  /** Resident bytes, where the system tells. */
  residentBytes(): number | undefined {
    return this.pid === undefined ? undefined : residentBytes(this.pid);
  }

  /**
   * Runs a job to its end.
   * @throws PageSwarmError PDF_TIMEOUT, PDF_MEMORY, PDF_CRASH, or what the job itself ended with
   */
  run(job: ChildJob): Promise<JobResult<unknown>> {
    this.jobs++;
    return new Promise((resolve, reject) => {
      const watch = new JobWatch(this.options.clock, this.options.timeoutMs);
      this.running = { job, watch, output: [], outputBytes: 0, resolve, reject };
      this.watching = setInterval(() => this.enforceLimits(), JOB_WATCH_INTERVAL_MS);
      this.process.send(job.order, (error) => {
        if (error) this.kill();
      });
    });
  }

  /** Ends the process now; a running job ends with `verdict`. */
  kill(verdict?: PageSwarmError): void {
    this.spent = true;
    this.verdict ??= verdict;
    this.process.kill('SIGKILL');
    // A child that never started has no exit to wait for.
    if (this.pid === undefined) this.onClose(null, null);
  }

  private enforceLimits(): void {
    const overdue = this.running?.watch.overdue();
    if (overdue) this.kill(new PageSwarmError('PDF_TIMEOUT', `This PDF took too long: ${overdue}`));
    const { memoryBytes } = this.options;
    if ((this.residentBytes() ?? 0) > memoryBytes)
      this.kill(new PageSwarmError('PDF_MEMORY', `This PDF needs more than the ${memoryBytes} bytes of memory that a job may have`));
  }

  private onFrame(header: FrameHeader, payload: Uint8Array): void {
    // What a killed child still had in the pipe cannot turn the verdict round.
    if (this.verdict) return;
    if (header.kind === FRAME.ready) {
      this.ready = true;
      this.options.onReady();
      return;
    }
    const { running } = this;
    if (!running) throw new Error(`A child without a job sent a frame of kind ${header.kind}`);
    if (header.kind === FRAME.read) void this.answerRead(running, header);
    else if (header.kind === FRAME.progress) running.watch.progress();
    else if (header.kind === FRAME.output) this.keepOutput(running, payload);
    else if (header.kind === FRAME.kept) running.kept = { value: parse(payload), output: Buffer.concat(running.output) };
    else if (header.kind === FRAME.done) {
      const value = parse(payload);
      this.finish(running, () => running.resolve({ value, output: Buffer.concat(running.output) }));
    } else {
      const { error, spent } = parse(payload) as JobFailure;
      this.spent ||= spent;
      this.fail(running, new PageSwarmError(error.code, error.detail));
    }
  }

  private async answerRead(running: RunningJob, { offset, length }: FrameHeader): Promise<void> {
    const { source } = running.job;
    if (!(offset >= 0 && length <= MAX_CHILD_READ_BYTES && offset + length <= source.size)) {
      this.kill(new PageSwarmError('PDF_CRASH', 'The process of this PDF asked for bytes outside the document'));
      return;
    }
    running.watch.pause();
    try {
      const bytes = await source.read(offset, length);
      this.answer(running, FRAME.bytes, bytes);
    } catch (error) {
      this.answer(running, FRAME.refused, Buffer.from(JSON.stringify(errorShape(error))));
    }
  }

  private answer(running: RunningJob, kind: typeof FRAME.bytes | typeof FRAME.refused, payload: Uint8Array): void {
    if (this.running !== running || this.pipe.destroyed) return;
    running.watch.resume();
    // One write to the system for both.
    this.pipe.cork();
    this.pipe.write(encodeHeader(kind, payload.length));
    this.pipe.write(payload);
    this.pipe.uncork();
  }

  private keepOutput(running: RunningJob, payload: Uint8Array): void {
    running.watch.progress();
    running.outputBytes += payload.length;
    const limit = this.options.maxOutputBytes ?? MAX_JOB_OUTPUT_BYTES;
    // A copy: the payload is a view of a larger chunk that would stay in memory with it.
    if (running.outputBytes <= limit) running.output.push(payload.slice());
    else this.kill(new PageSwarmError('PDF_MEMORY', `The answer for this PDF is longer than ${limit} bytes`));
  }

  private finish(running: RunningJob, settle: () => void): void {
    if (this.running !== running) return;
    clearInterval(this.watching);
    this.running = undefined;
    settle();
  }

  /** A job that kept something before it failed has done that much, unless nobody wants it any more. */
  private fail(running: RunningJob, error: PageSwarmError): void {
    const { kept } = running;
    const isWanted = !UNWANTED.has(error.code);
    this.finish(running, () => (kept && isWanted ? running.resolve(kept) : running.reject(error)));
  }

  private onClose(exitCode: number | null, signal: NodeJS.Signals | null): void {
    this.spent = true;
    const { running } = this;
    if (running) {
      const error = this.verdict ?? problemOfExit({ exitCode, signal, stderr: this.stderr });
      this.fail(running, error);
    }
    this.options.onExit();
  }
}

function parse(payload: Uint8Array): unknown {
  return JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.length).toString('utf8'));
}

/** What a child may know of the environment: nothing that holds a secret. */
function childEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = ['PATH', 'TZ', 'LANG', 'SystemRoot', 'TEMP'];
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}
