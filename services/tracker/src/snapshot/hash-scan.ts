import type { Duplex } from 'node:stream';
import { PackedEntries } from './packed-entries.ts';

const FIRST_BYTES = 524_288;
/** So many answers that came and were not taken wait before no more are asked for; another may be on its way then. */
const WAITING_ANSWERS = 2;
const LINE_FEED = 10;
const ARRAY = 42;
const BULK = 36;
const ERROR = 45;
const ZERO = 48;
/** Behind each line and each text. */
const LINE_END_BYTES = 2;

/** One answer to HSCAN. */
export interface ScanAnswer {
  /** Where the next one goes on, in Redis' words; 0 behind the last. */
  cursor: string;
  readonly entries: PackedEntries;
}

/**
 * Reads all fields of a hash in Redis and makes neither texts nor objects of them: to make them takes longer than to enter
 * the documents. The next part is asked for as soon as an answer tells where it begins. The connection is its own.
 * https://redis.io/docs/latest/develop/reference/protocol-spec/
 */
export class HashScan {
  private readonly ready: ScanAnswer[] = [];
  private readonly spare: ScanAnswer[] = [];
  private taken: ScanAnswer | undefined;
  /** The one that comes. */
  private answer: ScanAnswer = { cursor: '', entries: new PackedEntries() };
  /** Of what is here of it: behind the last byte, and behind what was read. */
  private end = 0;
  private at = 0;
  /** Entries of it that are still to be read; undefined before their number is known. */
  private left: number | undefined;
  private wanted: string | undefined;
  private failure: Error | undefined;
  private wake = () => {};

  /** @param timeoutMs how long an answer may take */
  constructor(
    private readonly stream: Duplex,
    private readonly key: string,
    private readonly count: number,
    private readonly timeoutMs: number,
  ) {
    this.answer.entries.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    stream.on('data', this.take);
    stream.once('close', this.lose);
    stream.resume();
  }

  begin(cursor: string): void {
    this.wanted = cursor;
    this.ask();
  }

  /** The next answer; the one before is written over. @throws what Redis answers, or that it does not */
  async next(): Promise<ScanAnswer> {
    if (this.taken) this.spare.push(this.taken);
    this.taken = undefined;
    this.ask();
    const timer = setTimeout(() => this.fail(new Error('Command timed out')), this.timeoutMs);
    while (this.ready.length === 0 && !this.failure)
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    clearTimeout(timer);
    if (this.failure) throw this.failure;
    this.taken = this.ready.shift() as ScanAnswer;
    this.ask();
    return this.taken;
  }

  close(): void {
    this.stream.off('data', this.take);
    this.stream.off('close', this.lose);
  }

  private ask(): void {
    if (this.wanted === undefined || this.ready.length >= WAITING_ANSWERS) return;
    const parts = ['HSCAN', this.key, this.wanted, 'COUNT', String(this.count)];
    this.wanted = undefined;
    this.stream.write(`*${parts.length}\r\n${parts.map((part) => `$${part.length}\r\n${part}\r\n`).join('')}`);
  }

  private readonly lose = (): void => this.fail(new Error('Connection is closed.'));

  private fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  private readonly take = (chunk: Buffer): void => {
    this.append(chunk, 0, chunk.length);
    try {
      while (this.read());
    } catch (error) {
      this.fail(error as Error);
    }
    this.ask();
    if (this.ready.length > 0) this.wake();
  };

  private append(bytes: Buffer, start: number, end: number): void {
    const { entries } = this.answer;
    const length = this.end + end - start;
    if (length > entries.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length);
      entries.bytes.copy(larger, 0, 0, this.end);
      entries.bytes = larger;
    }
    bytes.copy(entries.bytes, this.end, start, end);
    this.end = length;
  }

  /** @returns whether an answer has come whole, and there may be more of the next */
  private read(): boolean {
    if (this.left === undefined && !this.readHead()) return false;
    const { entries } = this.answer;
    for (; (this.left as number) > 0; this.left = (this.left as number) - 1) {
      const { at } = this;
      const id = this.readText();
      const idEnd = this.at - LINE_END_BYTES;
      const value = id === -1 ? -1 : this.readText();
      if (value === -1) {
        this.at = at;
        return false;
      }
      entries.add(id, idEnd, value, this.at - LINE_END_BYTES);
    }
    this.finish();
    return this.end > 0;
  }

  private readHead(): boolean {
    this.at = 0;
    const parts = this.readNumber(ARRAY);
    if (parts === -1) return false;
    const start = this.readText();
    if (start === -1) return false;
    const cursor = this.answer.entries.bytes.toString('latin1', start, this.at - LINE_END_BYTES);
    const texts = this.readNumber(ARRAY);
    if (texts === -1) return false;
    this.answer.cursor = cursor;
    this.answer.entries.clear();
    this.left = texts >>> 1;
    if (cursor !== '0') this.wanted = cursor;
    this.ask();
    return true;
  }

  /** What comes behind the answer is the beginning of the next. */
  private finish(): void {
    const { answer, at, end } = this;
    this.ready.push(answer);
    this.answer = this.spare.pop() ?? { cursor: '', entries: new PackedEntries() };
    if (this.answer.entries.bytes.length === 0) this.answer.entries.bytes = Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.left = undefined;
    this.end = 0;
    this.at = 0;
    this.append(answer.entries.bytes, at, end);
  }

  /** @returns where the next text begins, and goes behind it; -1 if it is not whole */
  private readText(): number {
    const length = this.readNumber(BULK);
    if (length === -1) return -1;
    const start = this.at;
    this.at += length + LINE_END_BYTES;
    return this.at > this.end ? -1 : start;
  }

  /** The number on the next line, and goes behind the line; -1 if it is not whole. */
  private readNumber(kind: number): number {
    const { bytes } = this.answer.entries;
    if (this.at >= this.end) return -1;
    if (bytes[this.at] !== kind) return this.refuse();
    let number = 0;
    for (let at = this.at + 1; at < this.end; at++) {
      const letter = bytes[at] as number;
      if (letter === LINE_FEED) {
        this.at = at + 1;
        return number;
      }
      if (letter >= ZERO) number = number * 10 + letter - ZERO;
    }
    return -1;
  }

  /** An answer that is none of a hash: an error, when its line is whole. */
  private refuse(): number {
    const { bytes } = this.answer.entries;
    const lineEnd = bytes.indexOf(LINE_FEED, this.at);
    if (lineEnd === -1 || lineEnd >= this.end) return -1;
    const line = bytes.toString('utf8', this.at + 1, lineEnd - 1);
    if (bytes[this.at] !== ERROR) throw new Error(`Redis answered what is no part of a hash: ${line}`);
    throw Object.assign(new Error(line), { name: 'ReplyError' });
  }
}
