// A child for tests of the pool: it does whatever its job says, the worst included. It speaks the pipe's language by hand, so
// that the pool is not tested with its own encoder alone.
import { readSync, writeSync } from 'node:fs';

const PIPE = 4;

function write(kind, payload = Buffer.alloc(0), { length = payload.length, offset = 0 } = {}) {
  const header = Buffer.alloc(16);
  header[0] = kind;
  header.writeUInt32BE(length, 4);
  header.writeDoubleBE(offset, 8);
  for (const bytes of [header, payload]) for (let at = 0; at < bytes.length; ) at += writeSync(PIPE, bytes, at);
}

function receive(length) {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; ) {
    const count = readSync(PIPE, bytes, at, length - at, null);
    if (count === 0) process.exit(0);
    at += count;
  }
  return bytes;
}

function read(offset, length) {
  write(2, undefined, { length, offset });
  const header = receive(16);
  return { kind: header[0], payload: receive(header.readUInt32BE(4)) };
}

function busy(ms) {
  for (const end = performance.now() + ms; performance.now() < end; );
}

const done = (value) => write(5, Buffer.from(JSON.stringify(value)));

const acts = {
  echo: (params) => done({ params, pid: process.pid }),
  environment: () => done({ names: Object.keys(process.env), execArgv: process.execArgv }),
  hang: () => busy(600_000),
  eat: () => {
    const eaten = [];
    for (;;) eaten.push(Buffer.alloc(16_777_216, 1));
  },
  heap: () => {
    const eaten = [];
    for (;;) eaten.push(new Array(1_000).fill(eaten.length));
  },
  keep: ({ bytes }) => {
    globalThis.kept = Buffer.alloc(bytes, 1);
    done({ pid: process.pid });
  },
  abort: () => process.abort(),
  exit: () => process.exit(3),
  steps: ({ count, ms }) => {
    for (let step = 0; step < count; step++) {
      busy(ms);
      write(3);
    }
    done(count);
  },
  read: ({ ranges }) => done(ranges.map(([offset, length]) => [...read(offset, length).payload])),
  readOnce: () => {
    const { kind, payload } = read(0, 4);
    if (kind === 8) write(6, Buffer.from(JSON.stringify({ error: JSON.parse(payload.toString()), spent: false })));
    else done(payload.length);
  },
  // Hands something over, says what it is, and then does the act that it is told.
  keepThen: ({ next, params }) => {
    write(4, Buffer.from('so far'));
    write(9, Buffer.from(JSON.stringify('kept')));
    write(4, Buffer.from(', and more'));
    acts[next](params);
  },
  output: ({ chunks, bytes }) => {
    for (let chunk = 0; chunk < chunks; chunk++) write(4, Buffer.alloc(bytes, chunk));
    done('sent');
  },
  garbage: () => {
    write(99);
    busy(1_000);
  },
  outside: () => read(1, 1_000_000),
  fail: ({ code, spent }) => write(6, Buffer.from(JSON.stringify({ error: { code, detail: 'as told' }, spent }))),
};

process.once('disconnect', () => process.exit(0));
process.on('message', ({ kind, params }) => acts[kind](params));
write(1);
