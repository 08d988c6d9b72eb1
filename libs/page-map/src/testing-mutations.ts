import { Buffer } from 'node:buffer';
import { type Random, randomInteger } from '@pageswarm/primitives';
import { testDocument } from './testing-pdf.ts';

/** For tests alone: good files with some of their bytes changed. */
const rich = testDocument(6)
  .object(1, '<</Type /Catalog /Pages 2 0 R /AcroForm 4 0 R /OCProperties <</OCGs [8 0 R]>>>>')
  .object(4, '<</Fields [5 0 R] /DR 7 0 R>>')
  .object(5, '<</T (field) /FT /Tx /Kids [6 0 R]>>')
  .object(6, '<</Subtype /Widget /Rect [0 0 1 1] /Parent 5 0 R>>')
  .object(7, '<</Font 3 0 R>>')
  .object(8, '<</Type /OCG>>')
  .object(10, '<</Type /Page /Parent 2 0 R /Contents 11 0 R /Annots [6 0 R <</Subtype /Link /Rect [0 0 1 1] /Dest [14 0 R /Fit]>>]>>');
const ORIGINALS = [
  rich.toBytes(),
  rich.toBytes({ xref: 'stream', predictor: true }),
  rich.toBytes({ xref: 'stream', packed: [1, 2, 4, 5, 6, 7, 10, 12, 14] }),
];

const TOKENS = [
  ...['obj', 'endobj', 'stream', 'endstream', 'xref', 'trailer', 'startxref', '<<', '>>', '[', ']', '(', ')', '<', '%'],
  ...[' 0 R', ' 10 0 R ', '/Kids', '/Type', '/Length', '/Prev', '/Parent', '/N', '/First', '/W', '/Index', '/Size', '/Root'],
  ...['99999999999', '4294967295', '-1', '0', '\r', '\n', '\0', 'null', 'true'],
];

export function oneOf<T>(random: Random, items: readonly T[]): T {
  return items[randomInteger(random, 0, items.length)] as T;
}

/** A good file with one to eight of its places changed. */
export function damagedPdf(random: Random): Buffer {
  return mutated(oneOf(random, ORIGINALS), random, randomInteger(random, 1, 9));
}

/** The bytes after so many changes, one on top of the other. */
export function mutated(original: Buffer, random: Random, changes: number): Buffer {
  let bytes = Buffer.from(original);
  for (let change = 0; change < changes; change++)
    bytes = oneOf(random, MUTATIONS)(bytes, randomInteger(random, 0, bytes.length + 1), random);
  return bytes;
}

type Mutation = (bytes: Buffer<ArrayBuffer>, at: number, random: Random) => Buffer<ArrayBuffer>;

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const joined = (...parts: readonly Uint8Array[]): Buffer<ArrayBuffer> => Buffer.concat(parts);

const MUTATIONS: readonly Mutation[] = [
  function flip(bytes, at, random) {
    if (at < bytes.length) bytes[at] = (bytes[at] as number) ^ (1 << randomInteger(random, 0, 8));
    return bytes;
  },
  function cut(bytes, at, random) {
    return joined(bytes.subarray(0, at), bytes.subarray(at + randomInteger(random, 0, 200)));
  },
  function repeat(bytes, at, random) {
    return joined(bytes.subarray(0, at), bytes.subarray(Math.max(0, at - randomInteger(random, 0, 300))));
  },
  function insert(bytes, at, random) {
    return joined(bytes.subarray(0, at), Buffer.from(oneOf(random, TOKENS)), bytes.subarray(at));
  },
  function move(bytes, at) {
    return joined(bytes.subarray(at), bytes.subarray(0, at));
  },
  /** Structure lives in numbers: the next digit becomes another. */
  function otherDigit(bytes, at, random) {
    let digit = at;
    while (digit < bytes.length && !isDigit(bytes[digit])) digit++;
    if (digit < bytes.length) bytes[digit] = 0x30 + randomInteger(random, 0, 10);
    return bytes;
  },
  /** The next reference leads to another object, perhaps to one that leads back. */
  function otherReference(bytes, at, random) {
    const end = bytes.indexOf(' 0 R', at);
    if (end < 0) return bytes;
    let start = end;
    while (isDigit(bytes[start - 1])) start--;
    return joined(bytes.subarray(0, start), Buffer.from(String(randomInteger(random, 0, 40))), bytes.subarray(end));
  },
];
