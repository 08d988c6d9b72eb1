import { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HashScan } from './hash-scan.ts';

const TIMEOUT_MS = 5_000;

/** A Redis that answers each question with the next of some answers, cut into chunks of any length. */
function redis(answers: readonly Buffer[], cuts: () => number, isMute = false) {
  const asked: string[] = [];
  const left = [...answers];
  const stream: Duplex = new Duplex({
    read: () => {},
    write: (question, _, done) => {
      asked.push(String(question));
      const answer = isMute ? undefined : left.shift();
      setImmediate(() => {
        for (let at = 0; answer && at < answer.length; ) {
          const length = cuts();
          stream.push(answer.subarray(at, at + length));
          at += length;
        }
      });
      done();
    },
  });
  return { stream, asked };
}

function answer(cursor: string, fields: readonly (readonly [Uint8Array, Uint8Array])[]): Buffer {
  const text = (bytes: Uint8Array) => [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')];
  const parts = [Buffer.from('*2\r\n'), ...text(Buffer.from(cursor)), Buffer.from(`*${2 * fields.length}\r\n`)];
  return Buffer.concat([...parts, ...fields.flat().flatMap(text)]);
}

const fields = fc.array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 2_000 })), { maxLength: 12 });

describe('a scan of a hash', () => {
  it('gives every field as it is, however the answers are cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fields, { minLength: 1, maxLength: 6 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 700 })),
        async (steps, cuts) => {
          const answers = steps.map((step, n) => answer(n === steps.length - 1 ? '0' : String(n + 1), step));
          const { stream, asked } = redis(answers, () => cuts.next().value as number);
          const scan = new HashScan(stream, 'key', 100, TIMEOUT_MS);
          scan.begin('0');
          const found: (readonly [string, string])[] = [];
          for (let cursor = ''; cursor !== '0'; ) {
            const { entries, ...rest } = await scan.next();
            cursor = rest.cursor;
            for (let n = 0; n < entries.count; n++)
              found.push([
                entries.bytes.toString('hex', entries.idStart(n), entries.idEnd(n)),
                entries.bytes.toString('hex', entries.valueStart(n), entries.valueEnd(n)),
              ]);
          }
          scan.close();
          expect(found).toEqual(steps.flat().map((field) => field.map((bytes) => Buffer.from(bytes).toString('hex'))));
          expect(asked).toHaveLength(steps.length);
          expect(asked[0]).toBe('*5\r\n$5\r\nHSCAN\r\n$3\r\nkey\r\n$1\r\n0\r\n$5\r\nCOUNT\r\n$3\r\n100\r\n');
        },
      ),
    );
  });

  it('is no more than three answers ahead of those that were taken', async () => {
    const { stream, asked } = redis(
      Array.from({ length: 9 }, (_, n) => answer(String(n + 1), [])),
      () => 1_000,
    );
    const scan = new HashScan(stream, 'key', 100, TIMEOUT_MS);
    scan.begin('0');
    await sleep(20);
    expect(asked).toHaveLength(3);
    await scan.next();
    await scan.next();
    await sleep(20);
    expect(asked).toHaveLength(5);
    scan.close();
  });

  it('says what Redis refuses, that it does not answer, and that it is gone', async () => {
    const refused = new HashScan(redis([Buffer.from('-LOADING Redis is loading\r\n')], () => 3).stream, 'key', 1, TIMEOUT_MS);
    refused.begin('0');
    await expect(refused.next()).rejects.toMatchObject({ name: 'ReplyError', message: 'LOADING Redis is loading' });
    const foreign = new HashScan(redis([Buffer.from(':7\r\n')], () => 9).stream, 'key', 1, TIMEOUT_MS);
    foreign.begin('0');
    await expect(foreign.next()).rejects.toThrow(/no part of a hash/);
    const mute = new HashScan(redis([], () => 1, true).stream, 'key', 1, 10);
    mute.begin('0');
    await expect(mute.next()).rejects.toThrow('Command timed out');
    const { stream } = redis([], () => 1, true);
    const lost = new HashScan(stream, 'key', 1, TIMEOUT_MS);
    lost.begin('0');
    setTimeout(() => stream.destroy(), 5);
    await expect(lost.next()).rejects.toThrow('Connection is closed');
  });
});
